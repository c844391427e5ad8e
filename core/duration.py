"""How long: `90s`, `30m`, `1h30m`, `7d`, as people write it on every surface."""

import re
from typing import Final

_TEXT: Final = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?", re.ASCII)
_SECONDS: Final = (86_400, 3_600, 60, 1)
HINT: Final = "like 90s, 30m, 1h30m or 7d"


def duration_s(text: str) -> int:
    """Seconds. Raises ValueError for anything else, and for nothing at all."""
    match = _TEXT.fullmatch(text.strip().lower())
    found = sum(int(part or 0) * seconds for part, seconds in zip(match.groups(), _SECONDS, strict=True)) if match else 0
    if found <= 0:
        raise ValueError(f"{text[:40]!r} is no length of time")
    return found


def duration_text(seconds: float) -> str:
    """The two largest units: `1d 2h`, `8m 58s`, `0s`."""
    left, parts = int(seconds), []
    for unit, size in zip("dhms", _SECONDS, strict=True):
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return " ".join(parts[:2]) or "0s"
