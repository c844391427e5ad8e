"""A form that a page sent: checked for coming from our own page before a word of it is believed."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from .context import web_of
from .guard import check_origin
from .problems import WebError

FIELDS_MAX: Final = 1200
"""A bulk form names up to a page of jobs; more than this no page of ours sends."""


DIGITS_MAX: Final = 18


class NotANumber(ValueError):
    """A field that is no whole number."""


class Form:
    """Fields by name. A field that was left empty is as one that is not there."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = [(name, value.strip()) for name, value in pairs]

    def text(self, name: str) -> str | None:
        """The field, None if it is empty."""
        return next((value for key, value in self._pairs if key == name and value), None)

    def number(self, name: str) -> int | None:
        """The field, None if it is empty. Raises NotANumber."""
        text = self.text(name)
        # More digits are no number that anybody means, and Python refuses to read thousands.
        if text is not None and not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
            raise NotANumber(f"{name} is a whole number")
        return None if text is None else int(text)

    def every(self, name: str) -> tuple[str, ...]:
        """All fields of that name, each once."""
        return tuple(dict.fromkeys(value for key, value in self._pairs if key == name and value))

    def flag(self, name: str) -> bool:
        """A box that was ticked."""
        return self.text(name) is not None


async def form_of(request: Request) -> Form:
    """Raises WebError `foreign_origin`, `bad_form_token`, `bad_form`."""
    check_origin(request, must_say=True)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise WebError("bad_form", "a form is sent as application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except (UnicodeError, ValueError):
        raise WebError("bad_form", "this form cannot be read") from None
    form = Form(pairs)
    web_of(request).callers.check_form_token(request.state.session, form.text("form_token") or "")
    return form
