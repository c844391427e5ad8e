"""JSON as the control topic takes it: small, UTF-8, one object, no duplicate keys, no NaN, nothing a database can't keep."""

import json
from typing import Any, Final

MESSAGE_BYTES_MAX: Final = 512 * 1024
DEPTH_MAX: Final = 32


class BadMessage(Exception):
    """A message that means nothing. `code` is from the closed set of docs/control-topic.md."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def parse_object(value: bytes) -> dict[str, Any]:
    """The object in `value`. Raises BadMessage; never RecursionError, and never reads more than MESSAGE_BYTES_MAX."""
    if len(value) > MESSAGE_BYTES_MAX:
        raise BadMessage("too_large", f"the message has {len(value)} bytes; at most {MESSAGE_BYTES_MAX} are read")
    if not value.strip():
        raise BadMessage("bad_envelope", "the message is empty", 'send {"pause": "JOB"} or a CloudEvent')
    try:
        parsed = json.loads(value.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
        text = json.dumps(parsed, ensure_ascii=False)
        text.encode("utf-8")
    except (UnicodeError, ValueError, RecursionError) as error:
        raise BadMessage("bad_envelope", f"not readable as JSON: {type(error).__name__}") from None
    if "\\u0000" in text:
        raise BadMessage("bad_envelope", "the message holds a NUL character")
    if not isinstance(parsed, dict):
        raise BadMessage("bad_envelope", f"expected a JSON object, got {type(parsed).__name__}")
    if _depth(parsed) > DEPTH_MAX:
        raise BadMessage("bad_envelope", f"nested deeper than {DEPTH_MAX}")
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= DEPTH_MAX:
        depth += 1
        level = [
            item
            for node in level
            if isinstance(node, dict | list)
            for item in (node.values() if isinstance(node, dict) else node)
        ]
    return depth
