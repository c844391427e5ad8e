"""A command's fields, read by name and type: what is of another type, or not known at all, is refused and never guessed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from slackwater.core.duration import HINT, duration_s

from .strict_json import BadMessage

NUMBER_MAX: Final = 2**31 - 1


class Fields:
    """Reads a message's fields and remembers which were asked for, so that a misspelt one is an error and not ignored.

    Every reader gives None for a field that is not there (or null), and raises BadMessage for one that is something else.
    """

    def __init__(self, flat: Mapping[str, Any]) -> None:
        self._flat = flat
        self._read: set[str] = set()

    def _take(self, name: str) -> Any:
        self._read.add(name)
        return self._flat.get(name)

    def text(self, name: str) -> str | None:
        """A text. How long it may be is the desk's to say, as at every door."""
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            raise BadMessage("bad_envelope", f"{name} is a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none if it is not there."""
        value = self._take(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise BadMessage("bad_envelope", f"{name} is a list of texts")
        return tuple(value or ())

    def number(self, name: str, largest: int = NUMBER_MAX) -> int | None:
        """A whole number from 0 to `largest`: not true, not 1.0, not "1"."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
            raise BadMessage("bad_envelope", f"{name} is a whole number from 0 to {largest}")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false if it is not there."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise BadMessage("bad_envelope", f"{name} is true or false")
        return bool(value)

    def time(self, name: str, code: str = "bad_envelope") -> datetime | None:
        """A time in UTC; one that says no zone is in UTC already."""
        value = self.text(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            hint = "like 2026-11-24T14:30:00Z"
            raise BadMessage(code, f"{name} is an RFC 3339 time between the years 1 and 9999", hint) from None

    def duration_s(self, name: str) -> int | None:
        """Seconds."""
        value = self.text(name)
        try:
            return None if value is None else duration_s(value)
        except ValueError as error:
            raise BadMessage("bad_until", f"{name}: {error}", HINT) from None

    def nothing_left(self) -> None:
        """Raises BadMessage for a field that nobody asked for."""
        unknown = sorted(set(self._flat) - self._read)
        if unknown:
            raise BadMessage("bad_envelope", f"unknown field {unknown[0][:40]!r}", f"known: {', '.join(sorted(self._read))}")
