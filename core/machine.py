"""The `transitions` machine built from the table. The one judge of which event may follow which state."""

from collections.abc import Mapping
from functools import cache

from transitions import Machine

from .states import JobState
from .transition_table import JOB_TRANSITIONS


class IllegalTransition(Exception):
    """The log holds (or someone tried to append) an event that no row of the table allows in this state."""

    def __init__(self, state: JobState, event: str) -> None:
        super().__init__(f"{event} is not legal in {state}")
        self.state = state
        self.event = event


class _Seat:
    """What the machine moves: it sits in one state and knows nothing else."""

    state: JobState


def _derive() -> tuple[frozenset[str], Mapping[tuple[JobState, str], JobState]]:
    """Let the machine itself take every (state, event) pair once; afterwards replay only looks the answer up."""
    seat = _Seat()
    machine = Machine(
        model=seat,
        states=JobState,
        initial=JobState.ABSENT,
        # With auto_transitions a model grows to_PAUSED() and friends, which jump past the table.
        auto_transitions=False,
        transitions=[{"trigger": row.event, "source": row.source, "dest": row.target} for row in JOB_TRANSITIONS],
    )
    after: dict[tuple[JobState, str], JobState] = {}
    for state in JobState:
        for event in machine.get_triggers(state):
            machine.set_state(state, seat)
            machine.events[event].trigger(seat)
            after[state, event] = JobState(seat.state)
    return frozenset(machine.events), after


EVENT_TYPES, _AFTER = _derive()


def next_state(state: JobState, event: str) -> JobState:
    """The state after `event` in `state`. Raises IllegalTransition if no row of the table allows it."""
    try:
        return _AFTER[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


@cache
def legal_events(state: JobState) -> frozenset[str]:
    """The event types that the machine accepts in `state`."""
    return frozenset(event for at, event in _AFTER if at is state)
