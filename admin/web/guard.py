"""The guard: what every request passes before anything of it is read, and what every answer takes along."""

import ipaddress
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slackwater.streams.control.strict_json import MESSAGE_BYTES_MAX
from slackwater.streams.tracing import heard

from .. import errors
from .caller import Caller, Callers, Session
from .problems import WebError, internal, problem
from .settings import WebSettings

log = logging.getLogger(__name__)

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FOR_ANYBODY: Final = ("/healthz", "/readyz", "/login", "/static/")
FOR_PROGRAMS: Final = ("/api/", "/audit.json", "/healthz", "/readyz", "/openapi.json", "/asyncapi.json")
CHANGES_NOTHING: Final = frozenset({"/login", "/logout"})
"""Posts that are no commands."""
HEADERS: Final = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: a browser then says `Origin: null` of the page's own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware. Sets `request.state.caller` and `request.state.session`."""

    def __init__(
        self,
        app: ASGIApp,
        settings: WebSettings,
        callers: Callers,
        error_page: Callable[[Request, errors.SlackwaterError], Response],
    ) -> None:
        self._app = app
        self._settings = settings
        self._callers = callers
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. What nobody foresaw is logged, and answered with nothing of what was inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, started, taken = Request(scope), False, 0
        heard(request.headers.get("traceparent"))
        known = self._callers.session(request)
        request.state.session = known or self._callers.begin()
        request.state.caller = None

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(request, None if known else request.state.session, MutableHeaders(scope=message))
            await send(message)

        async def receive_some() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MESSAGE_BYTES_MAX:
                # Of all exceptions this kind alone comes through the reading of a body as it is.
                raise HTTPException(413, f"at most {MESSAGE_BYTES_MAX} bytes are read")
            return message

        try:
            request.state.caller = self._admit(request)
        except WebError as error:
            await self._turned_away(request, error)(scope, receive, send_on)
            return
        try:
            await self._app(scope, receive_some, send_on)
        except Exception:
            log.exception("%s %s", request.method, request.url.path)
            if not started:
                await self._refusal(request, internal())(scope, receive, send_on)

    def _admit(self, request: Request) -> Caller | None:
        """Raises WebError. The order matters: whose name the request was sent to comes before everything it says."""
        self._check_host(request)
        is_safe = request.method in SAFE_METHODS
        if not is_safe:
            check_origin(request)
        if request.url.path.startswith(FOR_ANYBODY):
            return None
        caller = self._callers.of(request)
        if is_safe or request.url.path in CHANGES_NOTHING:
            return caller
        if self._settings.read_only:
            hint = "it was started so, or listens beyond loopback; --no-read-only"
            raise WebError("read_only", "this server only shows", status=403, hint=hint)
        if is_for_programs(request) and caller.session is not None:
            # A browser sends its cookie along without being asked, so a cookie alone is no wish.
            self._callers.check_form_token(caller.session, request.headers.get("x-csrf-token", ""))
        return caller

    def _check_host(self, request: Request) -> None:
        name = _host_name(request.headers.get("host", ""))
        if name not in self._settings.host_names and not (self._settings.any_address and _is_address(name)):
            hint = f"known: {', '.join(sorted(self._settings.host_names))}; --host-name adds one"
            raise WebError("wrong_host", f"nothing is called {name[:100]!r} here", status=421, hint=hint)

    def _turned_away(self, request: Request, error: WebError) -> Response:
        if error.code == "no_token" and request.method == "GET" and not is_for_programs(request):
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(here, safe='')}", 303)
        return self._refusal(request, error)

    def _refusal(self, request: Request, error: errors.SlackwaterError) -> Response:
        return problem(error) if is_for_programs(request) else self._error_page(request, error)

    def _add_headers(self, request: Request, new: Session | None, headers: MutableHeaders) -> None:
        is_static = request.url.path.startswith("/static/")
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("cache-control", "public, max-age=3600" if is_static else "no-store")
        if new is not None and not is_static and not is_for_programs(request) and "set-cookie" not in headers:
            headers.append("set-cookie", self._callers.set_cookie(new, is_https=request.url.scheme == "https"))


def is_for_programs(request: Request) -> bool:
    """Is the answer to be read by a program, not a person?"""
    return request.url.path.startswith(FOR_PROGRAMS)


def check_origin(request: Request, *, must_say: bool = False) -> None:
    """What changes something must come from our own page, or from no page at all. Raises WebError `foreign_origin`.

    `must_say`: it is a form of a page, so a browser sends it, and says from where.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is None:
        is_ours = site in {None, "same-origin", "none"} and not must_say
    else:
        is_ours = origin.partition("://")[2] == request.headers.get("host") and site in {None, "same-origin"}
    if not is_ours:
        hint = "send it from this server's own page"
        raise WebError("foreign_origin", "another page sent this", status=403, hint=hint)


def _host_name(header: str) -> str:
    """The header without its port: `[::1]:8321` is ::1."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
