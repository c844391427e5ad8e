"""A maintenance window that comes again: jobs are held for a while at times written as cron does, in a zone of people.

What the clocks of a zone skip in spring is moved on by the hour they skip; what comes twice in autumn begins the first time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from ..duration import HINT
from ..selector import parse_selector
from .flag import wrong_with_selector

LASTS_S_MAX: Final = 7 * 86_400
CRON_CHARS_MAX: Final = 200
ZONE: Final = "UTC"
"""On whose clock a window opens, if nobody says."""
_BY_CHANCE: Final = re.compile(r"(?<![a-z])[rh](?![a-z])", re.IGNORECASE)
"""What croniter reads as another time in every process."""
HOLD_PREFIX: Final = "window:"


class Occurrence(NamedTuple):
    """One time that a window is open, in UTC."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Jobs that `selector` chooses (every job, if None) are held for `lasts_s` seconds at each time of `cron` in `zone`."""

    name: str
    cron: str
    zone: str
    lasts_s: int
    selector: str | None = None
    reason: str | None = None

    @property
    def hold(self) -> str:
        """The hold it makes; releasing it ends this occurrence for the job, not the next."""
        return HOLD_PREFIX + self.name

    def chooses(self, labels: Mapping[str, str]) -> bool:
        """Is a job with these labels held?"""
        return self.selector is None or parse_selector(self.selector).fits(labels)

    def open_at(self, at: datetime) -> Occurrence | None:
        """The occurrence that `at` lies in; of several the one that began last."""
        began = at - timedelta(seconds=self.lasts_s)
        inside = takewhile(lambda found: found.begins <= at, self.after(began - timedelta(hours=2)))
        return next((found for found in reversed(list(inside)) if at < found.ends), None)

    def after(self, at: datetime) -> Iterator[Occurrence]:
        """Occurrences that begin after `at`, without an end to them."""
        zone = ZoneInfo(self.zone)
        times = _croniter(self.cron, at.astimezone(zone).replace(tzinfo=None))
        while True:
            local: datetime = times.get_next(datetime)
            begins = local.replace(tzinfo=zone).astimezone(UTC)
            if begins > at:
                yield Occurrence(begins, begins + timedelta(seconds=self.lasts_s))


def wrong_with_window(window: Window) -> str | None:
    """In words, what makes it no window; None if it is one."""
    if not 60 <= window.lasts_s <= LASTS_S_MAX:
        return f"a window lasts a minute to {LASTS_S_MAX // 86_400} days, {HINT}"
    if len(window.cron) > CRON_CHARS_MAX or _BY_CHANCE.search(window.cron):
        return f"a time of cron has {CRON_CHARS_MAX} characters at most, and nothing in it by chance (R, H)"
    if window.zone not in _zones():
        return f"there is no time zone {window.zone[:40]}; one like Europe/Berlin or UTC"
    try:
        first = next(window.after(datetime(2026, 1, 1, tzinfo=UTC)))
    except Exception as error:
        return f"{window.cron[:60]!r} is no time of cron: {str(error)[:100]}"
    if len(window.cron.split()) != 5 or first.ends <= first.begins:
        return f"{window.cron[:60]!r} is no time of cron: minute, hour, day, month, day of the week"
    return wrong_with_selector(window.selector)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def _croniter(cron: str, start: datetime) -> Any:
    from croniter import croniter  # type: ignore[import-untyped]

    return croniter(cron, start)
