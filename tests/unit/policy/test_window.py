"""Maintenance windows: when they are open, in the time of people."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
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


def test_windows_that_overlap_themselves() -> None:
    """A window longer than the time between its beginnings is always open, and the last beginning counts."""
    window = Window("always", "0 * * * *", "UTC", 7200)
    found = window.open_at(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    assert found is not None
    assert found.begins == datetime(2026, 11, 24, 8, tzinfo=UTC)


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
