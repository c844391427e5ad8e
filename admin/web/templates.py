"""Pages from templates. Everything is escaped; nothing a job or a person said can become markup."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from slackwater import __version__
from slackwater.core.duration import duration_text

from .. import errors
from .context import web_of
from .looks import look_of
from .problems import status_of
from .sizes import bytes_text, seconds_text

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"


def _mark() -> str:
    """Changes with any static file, so that no browser shows an old one."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def ago(at: datetime | None) -> str:
    """How long since: 1h 2m."""
    return "" if at is None else duration_text(max((datetime.now(UTC) - at).total_seconds(), 0))


def until(at: datetime | None) -> str:
    """How long until: 8m 58s; `now` if it is over."""
    left = 0.0 if at is None else (at - datetime.now(UTC)).total_seconds()
    return duration_text(left) if left >= 1 else "now"


def clock(at: datetime | None) -> str:
    """2026-11-24 14:22:10 UTC."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def count(number: float | None) -> str:
    """3,120; a dash for what is not known."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def between_tags(said: str) -> str:
    """Escaped, but not for an attribute: a quote stands in it as it is, which makes JSON half as long."""
    return escape(said, quote=False)


def query(**parts: Any) -> str:
    """A query string of what is given and not empty."""
    return urlencode({key: value for key, value in parts.items() if value not in (None, "")})


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(
    ago=ago,
    duration=duration_text,
    until=until,
    clock=clock,
    count=count,
    look=look_of,
    bytes=bytes_text,
    took=seconds_text,
    between_tags=between_tags,
)
_ENVIRONMENT.globals.update(dict=dict, version=__version__, mark=_mark(), query=query)


def prepare() -> None:
    """Compile every template."""
    for name in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(name)


def page(request: Request, template: str, http_status: int = 200, /, **context: Any) -> HTMLResponse:
    """The page, with who asks and what they may do."""
    web = web_of(request)
    caller = request.state.caller
    known: Mapping[str, Any] = {
        "path": request.url.path,
        "actor": caller.actor if caller else None,
        "need_token": web.callers.need_token,
        "read_only": web.settings.read_only,
        "kafka": web.kafka is not None,
        "kafka_answers": web.observer.answers,
        "form_token": web.callers.form_token(request.state.session),
        "job": None,
        "seq": None,
    }
    return HTMLResponse(_ENVIRONMENT.get_template(template).render({**known, **context}), http_status)


def error_page(request: Request, error: errors.SlackwaterError) -> HTMLResponse:
    """An error for people."""
    return page(request, "error.html", status_of(error), error=error)
