"""The W3C trace context in one word: which trace something belongs to, and what in it was its cause."""

import re
from typing import Final

_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def is_traceparent(text: str) -> bool:
    """Like `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. What is none is ignored, never refused."""
    return _FORM.fullmatch(text) is not None
