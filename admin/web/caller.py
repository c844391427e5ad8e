"""Who asks: by token, by the session that a token opened, or, on loopback without tokens, by the name they give."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from .problems import WebError
from .settings import Token, WebSettings
from .signed import Signer

NOBODY: Final = "web"
"""The actor where nobody says who they are."""
SESSION_S: Final = 12 * 3600
ACTOR_HEADER: Final = "x-slackwater-actor"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's. It is signed in where `actor` is set."""

    id: str
    actor: str | None
    began: int
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`session` is the browser's, if it came by one: then its forms carry the session's token."""

    actor: str
    session: Session | None = None


class Callers:
    """Tells callers apart. Compares secrets in constant time, and every one of them whichever fits."""

    def __init__(self, settings: WebSettings, signer: Signer) -> None:
        self._tokens = settings.tokens
        self._signer = signer
        self.cookie = f"slackwater_{settings.port}"
        """Cookies know no ports: two servers of one machine must not sign each other out."""

    @property
    def need_token(self) -> bool:
        """Must one sign in?"""
        return bool(self._tokens)

    def of(self, request: Request) -> Caller:
        """Raises WebError `no_token`, `wrong_token`."""
        session = self.session(request)
        bearer = request.headers.get("authorization")
        if bearer is not None:
            scheme, _, secret = bearer.partition(" ")
            return Caller(self.by_secret(secret.strip() if scheme.lower() == "bearer" else "").name)
        if session is not None and session.actor is not None:
            return Caller(session.actor, session)
        if self.need_token:
            hint = "Authorization: Bearer TOKEN, or sign in at /login"
            raise WebError("no_token", "this server is for those who have a token", status=401, hint=hint)
        return Caller(_named(request) or NOBODY, session)

    def by_secret(self, secret: str) -> Token:
        """Whose secret it is. Raises WebError `wrong_token`."""
        shown = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        found = [t for t in self._tokens if hmac.compare_digest(hashlib.sha256(t.secret.encode()).digest(), shown)]
        if not found:
            raise WebError("wrong_token", "nobody has this token here", status=401)
        return found[0]

    def session(self, request: Request) -> Session | None:
        """The browser's session, if it is one of ours and not over."""
        try:
            id, actor, began = self._signer.open("session", request.cookies.get(self.cookie, ""))
        except ValueError:
            return None
        return Session(id, actor, began) if 0 <= time.time() - began < SESSION_S else None

    def begin(self, actor: str | None = None) -> Session:
        """A new session. Signing in always takes a new one: an id that was known before is worth nothing after."""
        return Session(secrets.token_urlsafe(16), actor, int(time.time()))

    def set_cookie(self, session: Session, *, is_https: bool) -> str:
        """The Set-Cookie header."""
        value = self._signer.seal("session", [session.id, session.actor, session.began])
        secure = "; Secure" if is_https else ""
        return f"{self.cookie}={value}; Path=/; Max-Age={SESSION_S}; HttpOnly; SameSite=Strict{secure}"

    def form_token(self, session: Session) -> str:
        """What a form of this session must carry."""
        return self._signer.mac("form", session.id)

    def check_form_token(self, session: Session | None, given: str) -> None:
        """Raises WebError `bad_form_token`."""
        if session is None or not self._signer.is_mac("form", session.id, given):
            hint = "load the page anew and send it again"
            raise WebError("bad_form_token", "this form was not made for this session", status=403, hint=hint)


def _named(request: Request) -> str | None:
    """Headers are Latin-1 by the letter of HTTP, and UTF-8 by what everybody sends."""
    given = request.headers.get(ACTOR_HEADER, "").strip()
    try:
        return given.encode("latin-1").decode("utf-8") or None
    except UnicodeError:
        return given or None
