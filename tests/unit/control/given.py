"""given(*events).when(verb).then(*events): a rule of the control plane in one line.

`given` folds a past through the real `evolve`, `when` asks the real `decide`, and `then` demands exactly these events and
folds them in, so that no decision passes which the table would not take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from slackwater.core.commands import Command, Verb
from slackwater.core.coverage import Stance
from slackwater.core.cut import Cut, Gap, cut_of
from slackwater.core.decide import decide
from slackwater.core.decisions import Accepted, AlreadySo, Decision, Refused
from slackwater.core.events import (
    DataGapFound,
    JobDeployed,
    JobEvent,
    JobFailed,
    JobPaused,
    JobResumed,
    JobStarted,
    JobStopped,
    PauseRequested,
    ResumeRequested,
    RolloutRequested,
    StartRequested,
    StopRequested,
    WorkerAcked,
    name_of,
)
from slackwater.core.evolve import evolve
from slackwater.core.job import Job
from slackwater.core.spec import JobSpec
from slackwater.core.states import JobState
from slackwater.core.transition_table import Row

BEGAN: Final = datetime(2026, 11, 24, 8, tzinfo=UTC)
"""When the first given event happened; each further one is a second later."""
NOW: Final = BEGAN + timedelta(hours=1)
"""When the command under test is handled."""
DUE: Final = NOW + timedelta(seconds=60)
"""The deadline that a command handled at NOW puts into its event, unless it names another."""
SOON: Final = BEGAN + timedelta(hours=2)
"""A deadline of the given past that is not over at NOW."""

SPEC: Final = JobSpec("SELECT * FROM orders", inputs=("orders",), outputs=("big",))
OTHER_SPEC: Final = JobSpec("SELECT id FROM orders", "2", inputs=("orders",), outputs=("big",))
TAKEN: Final[set[Row]] = set()
"""Every row of the table that a decided command has taken in this session; conftest.py demands them all."""


def orders(*offsets: int) -> Cut:
    """The cut of the topic `orders`: one offset for each partition from 0 on."""
    return cut_of({("orders", partition): offset for partition, offset in enumerate(offsets)})


def acked(stance: Stance, *offsets: int, worker: str = "w-1") -> WorkerAcked:
    """One worker's word for every partition of `orders`."""
    return WorkerAcked(worker, stance, orders(*offsets), {"orders": len(offsets)})


DEPLOYED: Final = (JobDeployed(SPEC),)
STARTING: Final = (*DEPLOYED, StartRequested(None, SOON))
RUNNING: Final = (*STARTING, acked(Stance.RUNNING, 0, 0), JobStarted("c2", orders(0, 0)))
PAUSING: Final = (*RUNNING, PauseRequested("operator", "maintenance", SOON))
PAUSED: Final = (*PAUSING, acked(Stance.STILL, 7, 9), JobPaused("c5", orders(7, 9)))
RESUMING: Final = (*PAUSED, ResumeRequested(("operator",), "done", SOON))
RESUMED: Final = (*RESUMING, acked(Stance.RUNNING, 7, 9), JobResumed("c8", orders(7, 9)))
STOPPING: Final = (*RUNNING, StopRequested("night", SOON))
STOPPED: Final = (*STOPPING, acked(Stance.RELEASED, 7, 9), JobStopped("c5", orders(7, 9)))
FAILED: Final = (*RUNNING, JobFailed("poison_record", "orders[0] at 3", orders(3, 0)))
ROLLING: Final = (*RUNNING, RolloutRequested(OTHER_SPEC, (), "v2", SOON))
GAP: Final = DataGapFound("data_gap", "orders[0]: 5 records (7 to 11) are gone", (Gap("orders", 0, 7, 12),))
HELD_AT_REST: Final = (JobDeployed(SPEC, ("operator", "audit"), "not yet"),)

PASTS: Final[dict[JobState, tuple[JobEvent, ...]]] = {
    JobState.DEPLOYED: DEPLOYED,
    JobState.STARTING: STARTING,
    JobState.RUNNING: RUNNING,
    JobState.PAUSING: PAUSING,
    JobState.PAUSED: PAUSED,
    JobState.RESUMING: RESUMING,
    JobState.STOPPING: STOPPING,
    JobState.STOPPED: STOPPED,
    JobState.FAILED: FAILED,
}
"""A shortest honest past for each state a job can be seen in."""


@dataclass(frozen=True, slots=True)
class By:
    """A given event with an author other than ana."""

    actor: str
    event: JobEvent


def job_after(past: Sequence[JobEvent | By]) -> Job | None:
    """The fold of a given past: event n happened n-1 seconds after BEGAN, caused by command `cn`."""
    job: Job | None = None
    for place, given_event in enumerate(past):
        actor, event = (given_event.actor, given_event.event) if isinstance(given_event, By) else ("ana", given_event)
        at = BEGAN + timedelta(seconds=place)
        job = evolve(job, event, job_id="orders_big", at=at, actor=actor, command_id=f"c{place + 1}")
    return job


def given(*past: JobEvent | By) -> "Case":
    """A job with this past; none at all if the past is empty."""
    return Case(job_after(past))


@dataclass(frozen=True, slots=True)
class Case:
    """A job that a command is about to meet."""

    job: Job | None

    def when(self, verb: Verb, **envelope: Any) -> "Asked":
        """Ask it. The envelope is ben's, by the API, at NOW, unless it says otherwise."""
        said: dict[str, Any] = {"id": "asked", "job_id": "orders_big", "actor": "ben", "channel": "api", "at": NOW}
        command = Command(verb=verb, **{**said, **envelope})
        return Asked(self.job, command, decide(self.job, command))


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that was decided."""

    job: Job | None
    command: Command
    decision: Decision

    def then(self, *events: JobEvent) -> Job:
        """Accepted with exactly these events, in this order; the job after them."""
        assert self.decision == Accepted(events)
        job = self.job
        for event in events:
            before = job.state if job else JobState.ABSENT
            command = self.command
            job = evolve(job, event, job_id=command.job_id, at=command.at, actor=command.actor, command_id=command.id)
            TAKEN.add(Row(before, name_of(event), job.state))
        assert job is not None
        return job

    def then_refused(self, code: str, *, legal: tuple[str, ...] | None = None) -> Refused:
        """Refused with this code, in words, appending nothing; `legal` is what may be asked instead."""
        assert isinstance(self.decision, Refused), self.decision
        assert self.decision.code == code
        assert self.decision.message
        if legal is not None:
            assert self.decision.legal == legal
            assert self.decision.state == (self.job.state if self.job else JobState.ABSENT)
        return self.decision

    def then_already(self, *, since: datetime | None, by: str, reason: str | None) -> None:
        """Already so: success that says since when, by whom and why, and appends nothing."""
        assert self.decision == AlreadySo(since, by, reason)


def after(seconds: int) -> datetime:
    """The time of the given event at place `seconds`, counted from 0."""
    return BEGAN + timedelta(seconds=seconds)
