"""pause: add a hold. The first one sends the job to PAUSING; PAUSED is proved later, by coverage."""

from datetime import timedelta

import pytest

from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.events import HoldAdded, PauseRequested
from slackwater.core.states import JobState
from slackwater.core.want import Want, wanted

from .given import (
    DEPLOYED,
    DUE,
    FAILED,
    HELD_AT_REST,
    NOW,
    PAUSED,
    PAUSING,
    RESUMING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    acked,
    after,
    given,
    orders,
)


@pytest.mark.parametrize("past", [STARTING, RUNNING, RESUMING], ids=["starting", "running", "resuming"])
def test_the_first_hold_pauses(past: tuple) -> None:
    """A pause overtakes a start and a resume: the epoch rises, old coverage is void, PAUSED is not claimed yet."""
    before = given(*past).job
    assert before is not None
    job = (
        given(*past)
        .when(Pause("maintenance", deadline_s=5))
        .then(PauseRequested(OPERATOR, "maintenance", NOW + timedelta(seconds=5)))
    )
    assert (job.state, job.epoch, job.coverage) == (JobState.PAUSING, before.epoch + 1, Coverage())
    assert (job.by, job.reason, job.since, job.wish) == ("ben", "maintenance", NOW, "asked")
    assert job.deadline == NOW + timedelta(seconds=5)
    assert [(hold.name, hold.by, hold.since, hold.reason) for hold in job.holds] == [("operator", "ben", NOW, "maintenance")]
    assert job.cut == before.cut
    assert wanted(job) == Want(Stance.STILL, job.epoch)


@pytest.mark.parametrize("past", [PAUSING, PAUSED], ids=["pausing", "paused"])
def test_a_second_hold_moves_nothing(past: tuple) -> None:
    """Another name is a fact but no transition: state, epoch, deadline, coverage, wish and cut stay as they are."""
    before = given(*past).job
    assert before is not None
    job = given(*past).when(Pause("audit", hold="audit")).then(HoldAdded("audit", "audit"))
    assert [hold.name for hold in job.holds] == ["operator", "audit"]
    assert job.version == before.version + 1
    for kept in ("state", "epoch", "since", "by", "reason", "deadline", "coverage", "wish", "cut"):
        assert getattr(job, kept) == getattr(before, kept), kept


@pytest.mark.parametrize("past", [PAUSING, PAUSED], ids=["pausing", "paused"])
def test_the_same_hold_twice_is_already_so(past: tuple) -> None:
    """Since when, by whom and why the hold is there: the hold's own words, not those of the second asker."""
    given(*past).when(Pause("mine")).then_already(since=after(4), by="ana", reason="maintenance")


def test_the_same_second_hold_twice_is_already_so() -> None:
    """The answer speaks of the hold that was named, not of the first one."""
    past = (*PAUSED, HoldAdded("audit", "quarter end"))
    given(*past).when(Pause(hold="audit")).then_already(since=after(7), by="ana", reason="quarter end")


@pytest.mark.parametrize(
    ("past", "legal"),
    [
        (DEPLOYED, ("start", "stop", "drain", "kill", "deploy")),
        (HELD_AT_REST, ("start", "stop", "drain", "kill", "deploy", "resume")),
        (STOPPING, ("kill",)),
        (STOPPED, ("start", "deploy")),
        (FAILED, ("start", "stop", "drain", "kill", "deploy")),
    ],
    ids=["deployed", "held at rest", "stopping", "stopped", "failed"],
)
def test_what_does_not_live_is_not_paused(past: tuple, legal: tuple[str, ...]) -> None:
    """A job at rest or stopping is refused with what is legal: a pause that cannot be proved must not be promised."""
    refused = given(*past).when(Pause()).then_refused("illegal_transition", legal=legal)
    assert all(verb in refused.message for verb in legal)


def test_pause_of_nothing() -> None:
    """An unknown job is refused, and only a deploy is legal."""
    given().when(Pause()).then_refused("no_such_job", legal=("deploy",))


def test_pause_during_a_half_covered_start() -> None:
    """What workers said about running is no word about being still."""
    past = (*STARTING, acked(Stance.RUNNING, 0))
    job = given(*past).when(Pause()).then(PauseRequested(OPERATOR, None, DUE))
    assert job.coverage.vouched == ()
    assert job.coverage.partitions == {}
    assert job.cut != orders(0)
