"""Text that only this server can have made: sessions, form tokens, page tokens."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

from .settings import Token

TEXT_CHARS_MAX: Final = 4096
_MAC_BYTES: Final = 32


class Signer:
    """Signs for a purpose: what was signed for one is nothing for another.

    Its key is made of the tokens, so that servers of the same tokens know each other's signatures and a changed token ends
    every session; without tokens it is random and ends with the process.
    """

    def __init__(self, tokens: Sequence[Token] = ()) -> None:
        text = "\0".join(f"{token.name}\0{token.secret}" for token in tokens)
        self._key = hashlib.sha256(f"slackwater.web\0{text}".encode()).digest() if tokens else secrets.token_bytes(32)

    def mac(self, purpose: str, text: str) -> str:
        """A proof for `text`, as URL-safe text."""
        return _encoded(self._digest(purpose, text.encode()))

    def is_mac(self, purpose: str, text: str, claimed: str) -> bool:
        """Is `claimed` the proof? Compared in constant time."""
        return hmac.compare_digest(self.mac(purpose, text).encode(), claimed.encode("utf-8", "replace"))

    def seal(self, purpose: str, value: Any) -> str:
        """A JSON value as signed text. Signed, not encrypted: whoever has it can read it."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return _encoded(self._digest(purpose, body) + body)

    def open(self, purpose: str, text: str) -> Any:
        """The value that was sealed for this purpose. Raises ValueError for anything else."""
        if len(text) > TEXT_CHARS_MAX or not text.isascii():
            raise ValueError("not sealed here")
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        except binascii.Error:
            raise ValueError("not sealed here") from None
        digest, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(digest, self._digest(purpose, body)):
            raise ValueError("not sealed here")
        return json.loads(body)

    def _digest(self, purpose: str, body: bytes) -> bytes:
        return hmac.new(self._key, f"{purpose}\0".encode() + body, hashlib.sha256).digest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
