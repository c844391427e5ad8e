"""Signing in with a token; on loopback without tokens, saying who one is."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from ..errors import SlackwaterError
from .context import web_of
from .form import Form, form_of
from .problems import WebError, status_of
from .templates import page

Sent = Annotated[Form, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:
    """The form."""
    return page(request, "login.html", next=_ours(next), error=None)


@router.post("/login")
def login(request: Request, form: Sent) -> Response:
    """A session of its own for whoever may have one."""
    callers = web_of(request).callers
    where = _ours(form.text("next") or "/")
    try:
        name = callers.by_secret(form.text("token") or "").name if callers.need_token else _name(form)
    except SlackwaterError as error:
        return page(request, "login.html", status_of(error), next=where, error=error)
    answer = RedirectResponse(where, 303)
    answer.headers.append("set-cookie", callers.set_cookie(callers.begin(name), is_https=request.url.scheme == "https"))
    return answer


@router.post("/logout")
def logout(request: Request, form: Sent) -> Response:
    """End the browser's session."""
    callers = web_of(request).callers
    answer = RedirectResponse("/login", 303)
    answer.headers.append("set-cookie", callers.set_cookie(callers.begin(), is_https=request.url.scheme == "https"))
    return answer


def _name(form: Form) -> str:
    name = form.text("name") or ""
    if not (0 < len(name) <= 100 and name.isprintable()):
        raise WebError("bad_name", "a name is 1-100 printable characters")
    return name


def _ours(where: str) -> str:
    """Only ever a page of this server: an address of another one behind a sign-in is a trap."""
    parts = urlsplit(where.replace("\\", "/"))
    is_ours = where.startswith("/") and not where.startswith("//") and not parts.netloc and where.isprintable()
    return where if is_ours else "/"
