"""Maintenance windows on the clocks of any zone, in any year."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from slackwater.core.policy.window import Window, wrong_with_window

# With half an hour set on, and a whole day skipped.
ZONES = ["Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"]


def several(least: int, most: int) -> st.SearchStrategy[str]:
    """One to four values of a field, a step, or all."""
    some = st.lists(st.integers(least, most), min_size=1, max_size=4).map(lambda found: ",".join(map(str, found)))
    return st.one_of(some, st.integers(2, 7).map("*/{}".format), st.just("*"))


CRONS = st.tuples(several(0, 59), several(0, 23), several(1, 28), st.just("*"), several(0, 6)).map(" ".join)
CHANGES = "2026-03-29T01 2026-10-25T01 2026-04-04T15 2026-10-03T15 2026-03-08T07 2026-11-01T06 2011-12-30T10 2026-02-15T02"
AROUND_A_CHANGE = st.sampled_from([datetime.fromisoformat(at) for at in CHANGES.split()])
NEAR = st.builds(lambda at, minutes: at + timedelta(minutes=minutes), AROUND_A_CHANGE, st.integers(-1600, 1600))
MOMENTS = st.one_of(NEAR, st.datetimes(datetime(2001, 1, 1), datetime(2040, 1, 1))).map(lambda at: at.replace(tzinfo=UTC))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(ZONES), CRONS, MOMENTS)
def test_times_of_a_window(zone: str, cron: str, since: datetime) -> None:
    """Each later than the one before; the clock shows a time of the cron then, or skipped one by what it was set on."""
    window = Window("n", cron, zone, 60)
    found = [since, *(one.begins for one in islice(window.after(since), 20))]
    assert all(earlier < later for earlier, later in pairwise(found))
    for begins in found[1:]:
        shown = begins.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert croniter.match(cron, shown) or croniter.match(cron, shown - _set_on(begins, zone))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), CRONS, MOMENTS, st.integers(0, 1500))
def test_no_time_is_missed(zone: str, cron: str, since: datetime, minutes: int) -> None:
    """What comes after a moment does not depend on from when one looks."""
    window, later = Window("n", cron, zone, 60), since + timedelta(minutes=minutes)
    from_there = [one.begins for one in islice(window.after(later), 10)]
    seen = (one.begins for one in window.after(since) if one.begins > later)
    assert list(islice(seen, 10)) == from_there


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), several(0, 59), MOMENTS)
def test_every_real_hour(zone: str, minutes: str, since: datetime) -> None:
    """With `*` for the hour it opens at every real minute whose clock shows one of the cron, and at no other."""
    cron, first = f"{minutes} * * * *", since.replace(second=0, microsecond=0)
    minutes_on = [first + timedelta(minutes=n) for n in range(1, 150)]
    shown = {at: at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in minutes_on}
    found = {one.begins for one in islice(Window("n", cron, zone, 60).after(first), 150)}
    assert {at for at in minutes_on if croniter.match(cron, shown[at])} == found & set(minutes_on)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), CRONS, st.integers(1, 7 * 1440), MOMENTS)
def test_accepted_windows_end_before_they_open_again(zone: str, cron: str, minutes: int, since: datetime) -> None:
    """But for what clocks are set on in between. What is open is the occurrence that began last."""
    window = Window("n", cron, zone, 60 * minutes)
    if wrong_with_window(window) is not None:
        return
    found = list(islice(window.after(since), 8))
    for one, following in pairwise(found):
        assert one.ends <= following.begins + max(_set_on(following.begins, zone), timedelta())
        assert window.open_at(one.begins) == one
        assert window.open_at(following.begins - timedelta(seconds=1)) in {None, one}


def _set_on(at: datetime, zone: str) -> timedelta:
    """By how much the clock was set on within the last week."""
    offsets = [(at - timedelta(hours=n)).astimezone(ZoneInfo(zone)).utcoffset() or timedelta() for n in range(0, 7 * 24, 12)]
    return offsets[0] - min(offsets)
