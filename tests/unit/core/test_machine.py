"""The machine is the table, and only the table."""

from itertools import product

import pytest

from slackwater.core import machine
from slackwater.core.events import EVENTS
from slackwater.core.machine import EVENT_TYPES, IllegalTransition, legal_events, next_state
from slackwater.core.states import LIVE, TRANSITIONAL, JobState
from slackwater.core.transition_table import JOB_TRANSITIONS, Row

ROWS = {(row.source, row.event): row.target for row in JOB_TRANSITIONS}
NON_ROWS = [pair for pair in product(JobState, sorted(EVENTS)) if pair not in ROWS]


@pytest.mark.parametrize("row", JOB_TRANSITIONS, ids=lambda row: f"{row.source}-{row.event}")
def test_every_row_works(row: Row) -> None:
    """What the table says is where the machine goes."""
    assert next_state(row.source, row.event) is row.target
    assert row.event in legal_events(row.source)


@pytest.mark.parametrize(("state", "event"), NON_ROWS, ids=lambda part: str(part))
def test_every_non_row_raises(state: JobState, event: str) -> None:
    """No row, no transition: the error names state and event and is no other exception."""
    with pytest.raises(IllegalTransition, match=f"{event} is not legal in {state}") as caught:
        next_state(state, event)
    assert (caught.value.state, caught.value.event) == (state, event)
    assert event not in legal_events(state)


def test_no_way_past_the_table() -> None:
    """`transitions` would add to_PAUSED() and friends by default; neither machine nor model may have them."""
    assert {row.event for row in JOB_TRANSITIONS} == EVENT_TYPES
    assert not [name for name in EVENT_TYPES if name.startswith("to_")]
    for state in JobState:
        for jump in (f"to_{state}", f"to_{state.lower()}"):
            assert not hasattr(machine._Seat, jump)
            with pytest.raises(IllegalTransition):
                next_state(JobState.DEPLOYED, jump)


def test_the_table_is_unambiguous() -> None:
    """One target for each source and event, and no row twice."""
    assert len(ROWS) == len(JOB_TRANSITIONS)


def test_table_and_events_name_the_same_things() -> None:
    """Every event type has a row, and every row an event type."""
    assert set(EVENTS) == EVENT_TYPES


def test_no_state_is_a_trap() -> None:
    """From every state a job can be brought to run again, and every transitional state can end as FAILED."""
    for state in JobState:
        reached, frontier = {state}, {state}
        while frontier:
            frontier = {row.target for row in JOB_TRANSITIONS if row.source in frontier} - reached
            reached |= frontier
        assert JobState.RUNNING in reached
    for state in LIVE:
        assert next_state(state, "JobFailed") is JobState.FAILED
    assert TRANSITIONAL < LIVE


def test_nothing_comes_back_to_absent() -> None:
    """What the log knows of it never forgets."""
    assert JobState.ABSENT not in {row.target for row in JOB_TRANSITIONS}
