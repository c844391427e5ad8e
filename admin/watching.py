"""Watching the log: its events one after the other, from a position on, without a gap and without an end."""

from collections.abc import Iterator, Sequence
from typing import Final

from slackwater.core.events import JobDeployed
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.core.selector import Selector
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore, Unreadable

from .desk import translated
from .errors import InvalidCommand

CHUNK_EVENTS: Final = 200
WAIT_S: Final = 1.0


def position(store: EventStore, since: int | None) -> int:
    """Where to begin. Raises InvalidCommand for a position the log does not have: its reader read another log."""
    with translated():
        head = store.head().seq
    if since is not None and not 0 <= since <= head:
        hint = f"a position is 0 to {head}; another log, or an older copy of it?"
        raise InvalidCommand("bad_position", f"there is no position {since}, the log ends at {head}", hint=hint)
    return head if since is None else since


def next_events(store: EventStore, after: int, wait_s: float) -> Sequence[Recorded | Unreadable]:
    """The next few events after a position; none if none came in time. One that cannot be read stands in its place."""
    with translated():
        found = store.scan(after, CHUNK_EVENTS)
        if not found and wait_s > 0:
            store.wait(after, wait_s)
            found = store.scan(after, CHUNK_EVENTS)
        return found


def following(store: EventStore, since: int | None, follow: bool) -> Iterator[Recorded | Unreadable]:
    """See Questions.events. The position is taken now, not when the first event is asked for."""
    return _following(store, position(store, since), follow)


def _following(store: EventStore, after: int, follow: bool) -> Iterator[Recorded | Unreadable]:
    while True:
        found = next_events(store, after, WAIT_S if follow else 0)
        yield from found
        if found:
            after = found[-1].seq
        elif not follow:
            return


class Chosen:
    """Whether an event is about a job that was asked for; of labels those count that it has when the event is read."""

    def __init__(self, store: EventStore, names: frozenset[str], selector: Selector | None) -> None:
        self._store = store
        self._names = names
        self._selector = selector
        self._known: dict[str, bool] = {}

    def fits(self, recorded: Recorded | Unreadable) -> bool:
        """True for every event if nothing was asked for in particular."""
        if self._names and recorded.job_id not in self._names:
            return False
        if self._selector is None:
            return True
        if isinstance(recorded, Recorded) and isinstance(recorded.event, JobDeployed):
            self._known[recorded.job_id] = self._selector.fits(recorded.event.spec.labels)
        elif recorded.job_id not in self._known:
            job = self._job(recorded.job_id)
            self._known[recorded.job_id] = job is not None and self._selector.fits(job.spec.labels)
        return self._known[recorded.job_id]

    def _job(self, name: str) -> Job | None:
        """None too for one whose row cannot be read: it must not stop who watches others."""
        with translated():
            try:
                return self._store.job(name)
            except StoreError as error:
                if error.retryable:
                    raise
                return None
