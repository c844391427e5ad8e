"""start: workers join and run, unless a hold says otherwise."""

from datetime import timedelta

import pytest

from slackwater.core.control.start import Start
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.events import JobFailed, JobStopped, PauseRequested, StartRequested
from slackwater.core.states import JobState
from slackwater.core.want import Want, wanted

from .given import (
    DEPLOYED,
    DUE,
    FAILED,
    HELD_AT_REST,
    NOW,
    PASTS,
    PAUSED,
    PAUSING,
    RESUMED,
    RESUMING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    after,
    given,
    orders,
)


@pytest.mark.parametrize("past", [DEPLOYED, STOPPED, FAILED], ids=["deployed", "stopped", "failed"])
def test_start_from_rest(past: tuple) -> None:
    """A job at rest begins a new epoch with no coverage left over; RUNNING is not said before the workers prove it."""
    before = given(*past).job
    job = given(*past).when(Start("go", deadline_s=5)).then(StartRequested("go", NOW + timedelta(seconds=5)))
    assert before is not None
    assert (job.state, job.epoch, job.coverage) == (JobState.STARTING, before.epoch + 1, Coverage())
    assert (job.by, job.reason, job.wish, job.deadline) == ("ben", "go", "asked", NOW + timedelta(seconds=5))
    assert (job.failure, job.cut) == (None, before.cut)
    assert wanted(job) == Want(Stance.RUNNING, job.epoch)


def test_start_into_holds() -> None:
    """With holds the job goes to PAUSING in the same append: no worker ever sees a moment in which it may run."""
    job = given(*HELD_AT_REST).when(Start("go")).then(StartRequested("go", DUE), PauseRequested("operator", "not yet", DUE))
    assert (job.state, job.epoch) == (JobState.PAUSING, 2)
    assert [(hold.name, hold.by, hold.since) for hold in job.holds] == [
        ("operator", "ana", after(0)),
        ("audit", "ana", after(0)),
    ]
    assert wanted(job).stance is Stance.STILL


@pytest.mark.parametrize(
    "past",
    [(*PAUSED, JobFailed("record_path", "gone", orders(7, 9))), (*HELD_AT_REST, JobStopped("c2", ()))],
    ids=["failed", "stopped"],
)
def test_a_restart_never_unpauses(past: tuple) -> None:
    """Holds outlive a failure and a stop; the next start must not lead to STARTING alone."""
    asked = given(*past).when(Start())
    before = asked.job
    assert before is not None
    first = before.holds[0]
    job = asked.then(StartRequested(None, DUE), PauseRequested(first.name, first.reason, DUE))
    assert job.state is JobState.PAUSING
    assert job.holds == before.holds


@pytest.mark.parametrize("past", [STARTING, RUNNING], ids=["starting", "running"])
def test_start_twice_is_already_so(past: tuple) -> None:
    """A job that starts or runs is not started again: no new epoch, no second deadline."""
    job = given(*past).job
    assert job is not None
    given(*past).when(Start("again")).then_already(since=job.since, by="ana", reason=None)


def test_already_running_says_who_resumed_it() -> None:
    """After a resume RUNNING is the resumer's doing, since the workers proved it."""
    given(*RESUMED).when(Start()).then_already(since=after(9), by="ana", reason="done")


@pytest.mark.parametrize(
    ("past", "legal"),
    [
        (PAUSING, ("pause", "resume", "stop", "drain", "kill", "deploy")),
        (PAUSED, ("pause", "resume", "stop", "drain", "kill", "deploy")),
        (RESUMING, ("pause", "stop", "drain", "kill", "deploy")),
        (STOPPING, ("kill",)),
    ],
    ids=["pausing", "paused", "resuming", "stopping"],
)
def test_start_is_no_resume(past: tuple, legal: tuple[str, ...]) -> None:
    """A held job is let go by `resume` alone, and a stopping one must stop first."""
    given(*past).when(Start()).then_refused("illegal_transition", legal=legal)


def test_start_of_nothing() -> None:
    """An unknown job is refused, and only a deploy is legal."""
    given().when(Start()).then_refused("no_such_job", legal=("deploy",))


def test_every_state_answers() -> None:
    """No state makes a start raise."""
    for past in PASTS.values():
        assert given(*past).when(Start()).decision is not None
