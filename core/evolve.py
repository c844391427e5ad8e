"""evolve: the job after one more event. Replay is this, folded."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, assert_never

from . import events as e
from .coverage import Coverage, Stance
from .cut import cut_of, furthest, merge
from .job import DataGap, Hold, Job, Rollout
from .machine import IllegalTransition, next_state
from .policy.events import PolicyEvent
from .recorded import Recorded
from .spec import JobSpec
from .states import TRANSITIONAL, JobState

FOLD_VERSION: Final = 2
"""Another number for another fold: snapshots of an older one are none. tests/histories/folds.golden.jsonl holds it."""
EARLIER_MAX: Final = 10
PROOFS: Final = frozenset({"JobStarted", "JobPaused", "JobResumed", "JobStopped"})
"""Events by which workers prove that a wish was carried out."""


def evolve(job: Job | None, event: e.JobEvent, *, job_id: str, at: datetime, actor: str, command_id: str) -> Job:
    """Raises IllegalTransition if no row of the table allows the event; never guesses."""
    name = e.name_of(event)
    before = job or Job(job_id, JobSpec(""))
    state = next_state(before.state, name)
    raised = name in e.EPOCH_RAISING
    moved: dict[str, Any] = {"state": state, "version": before.version + 1}
    if raised:
        wish = getattr(event, "wish", None) or command_id
        moved |= {"epoch": before.epoch + 1, "coverage": Coverage(), "wish": wish}
    if name in PROOFS and before.state in TRANSITIONAL:
        # Who wished it stays in sight, not the worker that proved it.
        moved |= {"since": at, "deadline": None}
        if state in {JobState.PAUSED, JobState.STOPPED}:
            moved["taken"] = ()
    elif raised or state is not before.state or name == "JobDeployed":
        moved |= {"since": at, "by": getattr(event, "by", None) or actor, "deadline": None, "reason": None}
    job = replace(before, **moved)
    return _apply(job, event, Hold("", job.by if name == "JobDeployed" else actor, at))


def _apply(job: Job, event: e.JobEvent, by: Hold) -> Job:
    """What the event says beyond the move itself. `by` is the event's author and time, ready to become a hold."""
    match event:
        case e.JobDeployed():
            fresh = tuple(replace(by, name=n, reason=event.reason) for n in event.holds if job.hold(n) is None)
            earlier = _earlier(job, event.spec)
            job = replace(job, spec=event.spec, earlier=earlier, rollout=None)
            return replace(job, holds=job.holds + fresh, failure=None, reason=event.reason)
        case e.RolloutRequested():
            timeout_s = round((event.deadline - by.since).total_seconds())
            rollout = Rollout(event.spec, event.holds, event.reason, by.by, job.wish, timeout_s)
            return replace(job, rollout=rollout, deadline=event.deadline, reason=event.reason, at_once=False)
        case e.StartRequested():
            return replace(job, deadline=event.deadline, reason=event.reason, failure=None)
        case e.StopRequested():
            job = replace(job, rollout=None, at_once=event.at_once, cap=None)
            return replace(job, deadline=event.deadline, reason=event.reason)
        case e.PauseRequested():
            holds = _with_hold(job, event, by)
            return replace(job, holds=holds, deadline=event.deadline, reason=event.reason)
        case e.HoldAdded():
            return replace(job, holds=_with_hold(job, event, by))
        case e.HoldReleased():
            return _as_held(replace(job, holds=tuple(hold for hold in job.holds if hold.name != event.hold)))
        case e.ResumeRequested():
            return replace(job, holds=(), deadline=event.deadline, reason=event.reason, cap=event.cap)
        case e.JobPaused():
            return _as_held(replace(job, cut=event.cut, warned=100))
        case e.JobStarted() | e.JobResumed():
            return replace(job, cut=event.cut, taken=merge(job.taken, event.cut))
        case e.JobStopped():
            return replace(job, cut=event.cut, at_once=False)
        case e.JobFailed():
            why = f"{event.code}: {event.message}"
            return replace(job, cut=event.cut, failure=why, reason=event.message, rollout=None, at_once=False, cap=None)
        case e.WorkerAcked():
            seen = {**event.topics, **job.topics}
            # Who said that it runs may take from then on, whatever becomes of the transition.
            taken = merge(job.taken, event.offsets) if event.stance == Stance.RUNNING else job.taken
            coverage = job.coverage.with_ack(event.worker, event.offsets, event.partitions)
            first = {**event.partitions, **job.first_partitions}
            return replace(job, topics=seen, first_partitions=first, coverage=coverage, taken=taken)
        case e.GroupFoundEmpty():
            return job
        case e.DataGapFound():
            return replace(job, gap=DataGap(event.code, event.message, event.gaps))
        case e.DataGapAccepted("topic_identity_changed"):
            return replace(
                job, gap=None, topics={}, first_partitions={}, cut=(), taken=(), skips=(), renewed=job.renewed + 1
            )
        case e.DataGapAccepted("offsets_lost"):
            # Nothing that is known goes further than where it was let go last.
            return replace(job, gap=None, cut=furthest(job.cut, job.taken), taken=())
        case e.DataGapAccepted():
            found = cut_of({(gap.topic, gap.partition): gap.until for gap in event.gaps})
            return replace(job, gap=None, skips=merge(job.skips, found))
        case e.RetentionWarned():
            return replace(job, warned=event.percent)
        case e.RateCapLifted():
            return replace(job, cap=None)
        case e.RuleTripped():
            return replace(job, tripped={**job.tripped, event.hold: by.since})
        case e.RuleRearmed():
            return replace(job, tripped={hold: at for hold, at in job.tripped.items() if hold != event.hold})
        case _:
            assert_never(event)


def _earlier(job: Job, spec: JobSpec) -> tuple[JobSpec, ...]:
    """The specs before this one, each once; only the latest few."""
    known = (*job.earlier, job.spec) if job.version > 1 else ()
    return tuple(old for n, old in enumerate(known) if old not in known[n + 1 :] and old.hash != spec.hash)[-EARLIER_MAX:]


def _as_held(job: Job) -> Job:
    """A paused job shows the owner and reason of its oldest hold, never of one that was let go."""
    if job.state is not JobState.PAUSED or not job.holds:
        return job
    oldest = job.holds[0]
    return replace(job, by=oldest.by, reason=oldest.reason)


def _with_hold(job: Job, event: e.PauseRequested | e.HoldAdded, by: Hold) -> tuple[Hold, ...]:
    """A hold kept from before (a start into stillness) keeps its owner and its time."""
    if job.hold(event.hold):
        return job.holds
    return (*job.holds, replace(by, name=event.hold, reason=event.reason, until=event.until))


def evolve_recorded(job: Job | None, recorded: Recorded) -> Job:
    """`evolve` for an event as the log has it. IllegalTransition also where version or epoch does not follow."""
    if isinstance(recorded.event, PolicyEvent):
        raise IllegalTransition(job.state if job else JobState.ABSENT, e.name_of(recorded.event))
    after = evolve(
        job,
        recorded.event,
        job_id=recorded.job_id,
        at=recorded.at,
        actor=recorded.actor,
        command_id=recorded.command_id,
    )
    if (after.version, after.epoch) != (recorded.version, recorded.epoch):
        state = job.state if job else JobState.ABSENT
        raise IllegalTransition(state, f"{e.name_of(recorded.event)} at version {recorded.version}, epoch {recorded.epoch}")
    return after


def replay(history: Iterable[Recorded]) -> Job | None:
    """The fold of one job's events, in version order. None if there are none."""
    job: Job | None = None
    for recorded in history:
        job = evolve_recorded(job, recorded)
    return job
