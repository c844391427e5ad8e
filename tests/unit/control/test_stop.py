"""stop, drain and kill: give the partitions up and keep the cut. Overtakes anything that lives."""

from datetime import timedelta

import pytest

from slackwater.core.control.stop import Drain, Kill, Stop
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.events import HoldAdded, JobStopped, StopRequested
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
    SOON,
    STARTING,
    STOPPED,
    STOPPING,
    after,
    given,
    orders,
)


@pytest.mark.parametrize(
    "past",
    [STARTING, RUNNING, PAUSING, PAUSED, RESUMING],
    ids=["starting", "running", "pausing", "paused", "resuming"],
)
def test_stop_overtakes_what_lives(past: tuple) -> None:
    """The epoch rises and old coverage is void; holds and cut stay; STOPPED is not claimed before it is proved."""
    before = given(*past).job
    assert before is not None
    job = given(*past).when(Stop("night", deadline_s=5)).then(StopRequested("night", NOW + timedelta(seconds=5)))
    assert (job.state, job.epoch, job.coverage) == (JobState.STOPPING, before.epoch + 1, Coverage())
    assert (job.holds, job.cut) == (before.holds, before.cut)
    assert (job.by, job.reason, job.since) == ("ben", "night", NOW)
    assert wanted(job) == Want(Stance.RELEASED, job.epoch)


def test_drain_is_a_stop() -> None:
    """Nothing is open beyond a batch, so it asks of the workers what a stop asks."""
    assert given(*RUNNING).when(Drain("night")).then(StopRequested("night", DUE)).state is JobState.STOPPING


def test_kill_throws_away() -> None:
    """Workers are told not to finish; the cut is what the group has committed, and stays after a stop."""
    job = given(*RUNNING).when(Kill("runaway")).then(StopRequested("runaway", DUE, at_once=True))
    assert wanted(job) == Want(Stance.RELEASED, job.epoch, at_once=True)
    assert not given(*RUNNING, StopRequested(None, SOON, True), JobStopped("c", ())).job.at_once


def test_a_kill_overtakes_a_stop() -> None:
    """Whoever does not want to wait for a stop that is under way hurries it; a stop makes no kill gentle again."""
    job = given(*STOPPING).when(Kill("now")).then(StopRequested("now", DUE, at_once=True))
    assert job.epoch == given(*STOPPING).job.epoch + 1
    killed = (*RUNNING, StopRequested("now", SOON, True))
    for verb in (Stop(), Drain(), Kill()):
        given(*killed).when(verb).then_already(since=given(*killed).job.since, by="ana", reason="now")


def test_stop_keeps_every_hold() -> None:
    """Holds outlive a stop: the next start must find them."""
    job = given(*PAUSED, HoldAdded("audit", None)).when(Stop()).then(StopRequested(None, DUE))
    assert [hold.name for hold in job.holds] == ["operator", "audit"]


@pytest.mark.parametrize("past", [DEPLOYED, HELD_AT_REST, FAILED], ids=["deployed", "held at rest", "failed"])
def test_stop_at_rest_is_done_at_once(past: tuple) -> None:
    """Where nothing runs there is nobody to wait for; it is the stopper's doing, not the deployer's or the worker's."""
    before = given(*past).job
    assert before is not None
    job = given(*past).when(Stop("never mind")).then(JobStopped("asked", before.cut))
    assert (job.state, job.epoch, job.deadline) == (JobState.STOPPED, before.epoch, None)
    assert (job.by, job.reason, job.since) == ("ben", None, NOW)
    assert (job.holds, job.cut) == (before.holds, before.cut)


@pytest.mark.parametrize(("past", "since"), [(STOPPING, after(4)), (STOPPED, after(6))], ids=["stopping", "stopped"])
def test_stop_twice_is_already_so(past: tuple, since: object) -> None:
    """Says who wished it and why, also after the workers proved it; no second deadline."""
    job = given(*past).job
    assert job is not None
    assert job.since == since
    given(*past).when(Stop("again")).then_already(since=job.since, by="ana", reason="night")


def test_stop_of_nothing() -> None:
    """An unknown job is refused, and only a deploy is legal."""
    given().when(Stop()).then_refused("no_such_job", legal=("deploy",))


def test_the_cut_of_a_failure_is_kept() -> None:
    """A failed job that is stopped keeps the offsets of its failure."""
    assert given(*FAILED).when(Stop()).then(JobStopped("asked", orders(3, 0))).cut == orders(3, 0)
