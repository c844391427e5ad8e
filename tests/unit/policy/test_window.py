"""Maintenance windows: when they are open, in the time of people."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from slackwater.core.policy.window import Window, wrong_with_window

BERLIN = Window("nightly", "30 2 * * *", "Europe/Berlin", 1800)


def begins(window: Window, after: datetime, count: int) -> list[str]:
    """The next beginnings, in UTC."""
    return [f"{found.begins:%m-%d %H:%M}" for found in islice(window.after(after), count)]


def test_what_the_clocks_skip_in_spring() -> None:
    """02:30 does not exist on that night: the window opens when the clock shows 03:30."""
    assert begins(BERLIN, datetime(2026, 3, 27, 12, tzinfo=UTC), 3) == ["03-28 01:30", "03-29 01:30", "03-30 00:30"]


def test_what_comes_twice_in_autumn() -> None:
    """02:30 comes twice: the window opens once, the first time."""
    assert begins(BERLIN, datetime(2026, 10, 23, 12, tzinfo=UTC), 3) == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


@pytest.mark.parametrize(("at", "is_open"), [("01:29", False), ("01:30", True), ("01:59", True), ("02:00", False)])
def test_open_from_first_to_last(at: str, is_open: bool) -> None:
    """The beginning belongs to it, the end does not."""
    found = BERLIN.open_at(datetime.fromisoformat(f"2026-11-24T{at}+00:00"))
    assert (found is not None) is is_open
    assert found is None or found.ends - found.begins == timedelta(minutes=30)


@settings(deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 50))
def test_occurrences_go_on(start: datetime, count: int) -> None:
    """Later and later, none before what was asked for, each as long as it says; and each is open when it begins."""
    at = start.replace(tzinfo=UTC)
    found = list(islice(BERLIN.after(at), count))
    assert [one.begins for one in found] == sorted({one.begins for one in found})
    assert found[0].begins > at
    assert all(BERLIN.open_at(one.begins) == one and BERLIN.open_at(one.ends) is None for one in found)


@pytest.mark.parametrize(
    ("cron", "lasts_s"),
    [
        ("* * * * *", 60),
        ("0 * * * *", 3600),
        ("0 22 * * 1-5", 86_400),
        ("0 0 * * 6,0", 86_400),
        ("0,50 23 * * *", 3000),
        ("55 0,23 * * *", 3600),
        ("55 0,23 * * 1", 23 * 3600),
        ("0 3 1,15 * *", 7 * 86_400),
        ("0 3 31,1 * *", 86_400),
        ("0 3 28 2,3 *", 7 * 86_400),
        ("0 3 29 2 *", 7 * 86_400),
        ("0 3 * * 5#2", 7 * 86_400),
        ("0 3 L * *", 7 * 86_400),
        ("0 3 15 * 1", 86_400),
    ],
)
def test_no_window_overlaps_itself(cron: str, lasts_s: int) -> None:
    """It may last until it opens again, on a clock that is never set, and not a second longer: it would hold for ever."""
    longest = min(lasts_s, 7 * 86_400)
    assert wrong_with_window(Window("n", cron, "Europe/Berlin", longest)) is None
    if longest < 7 * 86_400:
        assert "opens again after" in (wrong_with_window(Window("n", cron, "Europe/Berlin", longest + 1)) or "")


@pytest.mark.parametrize("cron", ["* * * * *", "*/2 * * * *", "0 0 */2 * *", "30 2 29 2 *"])
def test_looking_costs_little(cron: str) -> None:
    """Every worker looks once a second: whether it is open is known from the few times around the moment."""
    window = Window("n", cron, "Europe/Berlin", 60)
    assert wrong_with_window(window) is None
    asked = Counter[str]()

    class Counted(croniter):
        def get_next(self, *args: Any, **more: Any) -> Any:
            asked["times"] += 1
            return super().get_next(*args, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("croniter.croniter", Counted)
        window.open_at(datetime(2026, 11, 24, 8, 30, 20, tzinfo=UTC))
    assert 1 <= asked["times"] <= 3


@pytest.mark.parametrize(
    ("cron", "comes"),
    [
        ("30 1,2,3 * * *", ["00:30", "01:30", "23:30"]),
        ("0,45 2,3 * * *", ["01:00", "01:45", "00:00"]),
        ("45 2,4 * * *", ["01:45", "02:45", "00:45"]),
        ("0 * * * *", ["00:00", "01:00", "02:00"]),
    ],
)
def test_spring_in_order(cron: str, comes: list[str]) -> None:
    """What is moved on falls in with what comes anyway: each time once, and later than the one before."""
    window = Window("n", cron, "Europe/Berlin", 60)
    assert [at[6:] for at in begins(window, datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 3)] == comes


def test_every_hour_in_autumn() -> None:
    """An hourly window comes in each of the 25 hours, one of fixed hours once in the hour that comes twice."""
    hourly, fixed = (Window("n", cron, "Europe/Berlin", 60) for cron in ("0 * * * *", "0 1,2,3 * * *"))
    since = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert [at[6:] for at in begins(hourly, since, 4)] == ["23:00", "00:00", "01:00", "02:00"]
    assert [at[6:] for at in begins(fixed, since, 3)] == ["23:00", "00:00", "02:00"]


@pytest.mark.parametrize(
    "window",
    [
        Window("n", "61 * * * *", "UTC", 600),
        Window("n", "* * *", "UTC", 600),
        Window("n", "0 2 * * * *", "UTC", 600),
        Window("n", "0 2 30 2 *", "UTC", 600),
        Window("n", "R R * * *", "UTC", 600),
        Window("n", "H H * * *", "UTC", 600),
        Window("n", "0,0" + ",0" * 1000 + " 2 * * *", "UTC", 600),
        Window("n", "0 2 * * *", "Mars/Olympus", 600),
        Window("n", "0 2 * * *", "UTC", 5),
        Window("n", "0 2 * * *", "UTC", 10**9),
        Window("n", "0 2 * * *", "UTC", 600, "team=="),
    ],
    ids=["minute", "fields", "seconds", "never", "random", "hashed", "long-list", "zone", "short", "long", "selector"],
)
def test_what_is_no_window(window: Window) -> None:
    """Each mistake is said in words, never a traceback."""
    assert wrong_with_window(window)


def test_who_is_chosen() -> None:
    """By labels; without a selector everyone."""
    assert BERLIN.chooses({})
    assert not Window("n", "0 2 * * *", "UTC", 600, "team=payments").chooses({"team": "search"})
    assert wrong_with_window(BERLIN) is None
