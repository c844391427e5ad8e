"""A maintenance window that comes again: jobs are held for a while at times written as cron does, in a zone of people.

With `*` for the hour it opens whenever the clock of the zone shows one of its times, so every real hour has its own. Else
what the clock skips in spring is moved on by what it skips, and what it shows twice in autumn begins the first time.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from ..duration import HINT, duration_text
from ..selector import parse_selector
from .flag import wrong_with_selector

LASTS_S_MAX: Final = 7 * 86_400
CRON_CHARS_MAX: Final = 200
_DAY_MIN: Final = 1440
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
        """The occurrence that `at` lies in; of several the one that began last. They hardly overlap, so it looks at few."""
        began = at - timedelta(seconds=self.lasts_s)
        *_, last = [None, *takewhile(lambda found: found.begins <= at, self.after(began))]
        return last

    def after(self, at: datetime) -> Iterator[Occurrence]:
        """Occurrences that begin after `at`, each later than the one before, without an end to them."""
        lasts = timedelta(seconds=self.lasts_s)
        return (Occurrence(begins, begins + lasts) for begins in _instants(self.cron, ZoneInfo(self.zone), at))


def _instants(cron: str, zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    """When the clock of `zone` shows a time of `cron`, in UTC and later than `at`. Each once, in order."""
    is_hourly = _expanded(cron)[1] == ["*"]
    # From the clock that is behind, lest one be missed that is moved on or comes again.
    behind = min((at + timedelta(days=n)).astimezone(zone).utcoffset() or timedelta() for n in (-1, 0, 1))
    times = _croniter(cron, at.astimezone(UTC).replace(tzinfo=None) + behind)
    later: deque[datetime] = deque()
    while True:
        shown: datetime = times.get_next(datetime)
        first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first > second:
            later.extend([] if is_hourly else [first])
            continue
        while later and later[0] <= first:
            moved = later.popleft()
            yield from [moved] if at < moved < first else []
        yield from [first] if first > at else []
        later.extend([second] if is_hourly and second > first else [])


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
    gap_s = _shortest_gap_s(window.cron)
    if window.lasts_s > gap_s:
        lasts, gap = duration_text(window.lasts_s), duration_text(gap_s)
        return f"it lasts {lasts} and opens again after {gap}: let it last {gap} at most, or open less often"
    return wrong_with_selector(window.selector)


def _shortest_gap_s(cron: str) -> int:
    """The least seconds between two of its times on a clock that is never set, up to LASTS_S_MAX.

    All chosen days have the same times. So it is the least of two times of one day, or from the last of a day to the first
    of the next chosen one. Weekdays and dates fall in with each other anew every 28 years: no more days need be looked at,
    and none further once one is the morrow of another.
    """
    minutes, hours, *_days = _expanded(cron)
    times = [60 * hour + minute for hour in _all(hours, 24) for minute in _all(minutes, 60)]
    within = min((later - time for time, later in pairwise(times)), default=7 * _DAY_MIN)
    return 60 * min(within, _shortest_gap_days(" ".join(cron.split()[2:])) * _DAY_MIN + times[0] - times[-1])


def _shortest_gap_days(days: str) -> int:
    shortest, times = 7, _croniter(f"0 0 {days}", datetime(2001, 1, 1))
    before: datetime = times.get_next(datetime)
    while shortest > 1 and before.year < 2029:
        shown: datetime = times.get_next(datetime)
        shortest, before = min(shortest, (shown - before).days), shown
    return shortest


def _all(field: list[int | str], count: int) -> list[int]:
    return list(range(count)) if field == ["*"] else sorted(int(value) for value in field)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def _expanded(cron: str) -> list[list[int | str]]:
    """What each field chooses, `["*"]` for everything. The hour is the second."""
    from croniter import croniter  # type: ignore[import-untyped]

    return list(croniter.expand(cron)[0])


def _croniter(cron: str, start: datetime) -> Any:
    from croniter import croniter

    return croniter(cron, start)
