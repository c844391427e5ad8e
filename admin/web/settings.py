"""What `slackwater web` is told: where to listen, who may come in, and whether anything may be changed."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import Usage

SECRET_CHARS_MIN: Final = 16
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})
_MAKE_ONE: Final = '--token "$USER:$(openssl rand -hex 16)", or SLACKWATER_WEB_TOKEN in the environment'


@dataclass(frozen=True, slots=True)
class Token:
    """Whoever shows `secret` is called `name` in the log."""

    name: str
    secret: str

    def __repr__(self) -> str:
        return f"Token({self.name!r}, …)"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Made by `web_settings`. Without tokens everybody who reaches the port may do everything: only ever on loopback."""

    host: str = "127.0.0.1"
    port: int = 8321
    tokens: tuple[Token, ...] = ()
    read_only: bool = False
    host_names: frozenset[str] = LOOPBACK_NAMES
    """What the Host header may say. Any other name is somebody's DNS pointing here (rebinding)."""
    any_address: bool = False
    """Bound to every interface: an address in the Host header is then no name that could have been pointed here."""


def web_settings(
    host: str, port: int, tokens: Sequence[str] = (), read_only: bool | None = None, host_names: Sequence[str] = ()
) -> WebSettings:
    """Raises Usage `token_needed`, `weak_token`, `bad_token_name` before anything listens."""
    known = tuple(_token(text) for text in tokens)
    is_local = is_loopback(host)
    if not is_local and not known:
        message = f"{host or 'every interface'} is open to others, and no token is set"
        raise Usage("token_needed", message, hint=f"{_MAKE_ONE}; or --host 127.0.0.1")
    names = LOOPBACK_NAMES | {name.lower() for name in (*host_names, host) if name not in _EVERYWHERE}
    return WebSettings(
        host, port, known, not is_local if read_only is None else read_only, frozenset(names), host in _EVERYWHERE
    )


def is_loopback(host: str) -> bool:
    """Is this an address that only this machine can reach?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _token(text: str) -> Token:
    name, colon, secret = text.rpartition(":")
    if len(secret) < SECRET_CHARS_MIN:
        raise Usage("weak_token", f"a token has {SECRET_CHARS_MIN} characters at least", hint=_MAKE_ONE)
    if colon and not (0 < len(name) <= 100 and name.isprintable()):
        raise Usage("bad_token_name", "the name before a token's colon is 1-100 printable characters", hint=_MAKE_ONE)
    return Token(name or "web", secret)
