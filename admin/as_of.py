"""The jobs as they were at a moment of the log: the number of an event, or a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from slackwater.core.observation import NOTHING
from slackwater.core.selector import Selector
from slackwater.persistence.store import EventStore

from .clock_time import in_utc
from .desk import translated
from .errors import InvalidCommand, NotFound, SlackwaterError
from .job_views import JobStatus, status_of

Moment = TypeVar("Moment", int, datetime, int | datetime)
TIME_HINT: Final = "like 2026-11-24T03:00 or 2026-11-24T03:00+01:00"


@dataclass(frozen=True, slots=True)
class StateAsOf:
    """Jobs by name, as the first `seq` events of the log have them; what was only observed then is not known any more."""

    seq: int
    at: datetime | None
    """When the last of these events was recorded; None before the first."""
    jobs: tuple[JobStatus, ...]
    unreadable: Mapping[str, str]
    """Jobs whose events cannot be folded that far, and why."""


def state_as_of(store: EventStore, moment: int | datetime, names: Sequence[str], selector: Selector | None) -> StateAsOf:
    """See Questions.state_as_of."""
    with translated():
        then = store.as_of(past(moment), names or None)
    lost = next((name for name in names if name in then.unreadable), None)
    if lost is not None:
        hint = "`slackwater verify` says what is wrong"
        raise SlackwaterError("broken_history", then.unreadable[lost], hint=hint, job=lost)
    known = {job.id for job in then.jobs}
    absent = next((name for name in names if name not in known), None)
    if absent is not None:
        raise _not_there(store, absent, then.seq)
    now = datetime.now(UTC)
    jobs = (job for job in then.jobs if selector is None or selector.fits(job.spec.labels))
    return StateAsOf(then.seq, then.at, tuple(status_of(job, NOTHING, now) for job in jobs), then.unreadable)


def time_of(text: str) -> datetime:
    """A time; without a zone it is on the clock here. Raises InvalidCommand `bad_time`."""
    try:
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise _no_time(error) from None


def past(moment: Moment) -> Moment:
    """The same, a time in UTC. Raises InvalidCommand `bad_time` for a time without a zone, one that is none, or to come."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise InvalidCommand("bad_time", "the time has no time zone", hint="datetime(…, tzinfo=UTC), or …Z")
    try:
        at = in_utc(moment)
    except (ValueError, OverflowError) as error:
        raise _no_time(error) from None
    if at > datetime.now(UTC):
        raise InvalidCommand("bad_time", f"{moment.isoformat()} is still to come", hint="the log says what was")
    return at


def _no_time(error: Exception) -> InvalidCommand:
    return InvalidCommand("bad_time", f"that is no time: {error}", hint=TIME_HINT)


def _not_there(store: EventStore, name: str, seq: int) -> NotFound:
    with translated():
        is_there_now = store.job(name) is not None
    hint = "it was deployed later" if is_there_now else "see `slackwater jobs`"
    return NotFound("no_such_job", f"as of event {seq} there is no job {name}", hint=hint, job=name)
