"""rollout: another spec for a job that lives, in one story; and the way back."""

import pytest

from slackwater.core.control.ack import Ack
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import Expire
from slackwater.core.control.pause import Pause
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.stop import Stop
from slackwater.core.coverage import Stance
from slackwater.core.events import (
    GroupFoundEmpty,
    JobDeployed,
    JobFailed,
    JobStarted,
    JobStopped,
    PauseRequested,
    RolloutRequested,
    StartRequested,
    StopRequested,
    WorkerAcked,
)
from slackwater.core.spec import JobSpec
from slackwater.core.states import JobState
from slackwater.core.want import wanted

from .given import DUE, OTHER_SPEC, PAUSED, ROLLING, RUNNING, SOON, SPEC, STOPPED, By, after, given, orders

RELEASED = Ack("w-1", 2, Stance.RELEASED, orders(7, 9), {"orders": 2})
ACKED = WorkerAcked("w-1", Stance.RELEASED, orders(7, 9), {"orders": 2})


def test_the_whole_story() -> None:
    """Drained under the old spec, the job goes on under the new one at its own cut; nobody can come between."""
    follows = (JobDeployed(OTHER_SPEC, (), "v2", "ana"), StartRequested("v2", DUE, "ana", "c5"))
    past = (*RUNNING, By("ana", RolloutRequested(OTHER_SPEC, (), "v2", NOW_PLUS)))
    job = given(*past).when(RELEASED, actor="w-1").then(ACKED, JobStopped("", orders(7, 9)), *follows)
    assert (job.state, job.spec, job.cut, job.taken) == (JobState.STARTING, OTHER_SPEC, orders(7, 9), ())
    assert (job.by, job.wish, job.rollout, job.earlier) == ("ana", "c5", None, (SPEC,))


NOW_PLUS = after(4 + 60)
"""Sixty seconds after the rollout was asked for: what the start gets too."""


def test_a_held_job_stays_held() -> None:
    """A rollout never un-pauses, and holds that it brings keep the new spec still from its start on."""
    past = (*PAUSED, By("ana", RolloutRequested(OTHER_SPEC, ("audit",), "v2", after(7 + 60))))
    held = PauseRequested("operator", "maintenance", DUE, None, "ana", "c8")
    follows = (JobDeployed(OTHER_SPEC, ("audit",), "v2", "ana"), StartRequested("v2", DUE, "ana", "c8"), held)
    job = (
        given(*past)
        .when(Conclude(3, orders(7, 9)))
        .then(GroupFoundEmpty(orders(7, 9)), JobStopped("", orders(7, 9)), *follows)
    )
    assert (job.state, [hold.name for hold in job.holds], job.holds[1].by) == (
        JobState.PAUSING,
        ["operator", "audit"],
        "ana",
    )
    assert wanted(job).stance is Stance.STILL


def test_a_stop_overtakes_a_rollout() -> None:
    """Then the job stops, under the spec it has."""
    job = given(*ROLLING).when(Stop("no")).then(StopRequested("no", DUE))
    assert (job.state, job.rollout, job.epoch) == (JobState.STOPPING, None, 3)
    last = given(*ROLLING, StopRequested("no", SOON))
    stopped = last.when(Ack("w-1", 3, Stance.RELEASED, orders(7, 9), {"orders": 2})).then(
        ACKED, JobStopped("c6", orders(7, 9))
    )
    assert (stopped.state, stopped.spec) == (JobState.STOPPED, SPEC)


def test_a_rollout_overtakes_a_rollout() -> None:
    """The newer spec wins; asking for the one under way is already so; for the present one takes it back."""
    third = JobSpec("SELECT customer FROM orders", "3", inputs=("orders",), outputs=("big",))
    job = given(*ROLLING).when(Deploy(third)).then(RolloutRequested(third, (), None, DUE))
    assert job.rollout is not None
    assert (job.rollout.spec, job.epoch) == (third, 3)
    given(*ROLLING).when(Deploy(OTHER_SPEC)).then_already(since=after(4), by="ana", reason="v2")
    given(*ROLLING).when(Deploy(SPEC)).then(RolloutRequested(SPEC, (), None, DUE))


def test_a_pause_waits_for_the_new_spec() -> None:
    """While the old one stops there is nothing to hold still."""
    given(*ROLLING).when(Pause()).then_refused("illegal_transition", legal=("stop", "drain", "kill", "deploy", "rollback"))


def test_a_rollout_that_is_not_proved_in_time() -> None:
    """The job fails under the spec it has; nothing is deployed behind anyone's back."""
    past = (*RUNNING, RolloutRequested(OTHER_SPEC, (), "v2", NOW_PLUS))
    job = (
        given(*past)
        .when(Expire(2, 60))
        .then(
            JobFailed("deadline", "STOPPING was not covered within 60 s: no worker vouched for any partition", orders(0, 0))
        )
    )
    assert (job.spec, job.rollout) == (SPEC, None)


def test_the_way_back() -> None:
    """A rollback is a rollout of what was deployed before: the last, or the named version."""
    second = (*STOPPED, JobDeployed(OTHER_SPEC), StartRequested(None, SOON), JobStarted("c8", orders(7, 9)))
    back = RolloutRequested(SPEC, (), "rollback to version 1", DUE)
    given(*second).when(Rollback()).then(back)
    given(*second).when(Rollback("1")).then(back)
    given(*STOPPED, JobDeployed(OTHER_SPEC)).when(Rollback()).then(JobDeployed(SPEC, (), "rollback to version 1"))


@pytest.mark.parametrize("version", [None, "7"])
def test_no_way_back(version: str | None) -> None:
    """Nothing was deployed before, or not that."""
    given(*RUNNING).when(Rollback(version)).then_refused("no_such_version")


TEXTS = [JobSpec(f"SELECT {name} FROM orders", "1", inputs=("orders",), outputs=("big",)) for name in "abc"]
"""Three texts that name no version."""


def test_the_way_back_by_hash() -> None:
    """Texts that name no version have the same one: it is the last of them, and the beginning of a hash is any of them."""
    past = (JobDeployed(TEXTS[0]), JobDeployed(TEXTS[1]), JobDeployed(TEXTS[2]))
    given(*past).when(Rollback("1", "back")).then(JobDeployed(TEXTS[1], (), "back"))
    given(*past).when(Rollback(TEXTS[0].hash[:12], "back")).then(JobDeployed(TEXTS[0], (), "back"))
    given(*past).when(Rollback(TEXTS[0].hash[:6])).then_refused("no_such_version")


def test_back_to_where_it_is() -> None:
    """A rollback to the version that is deployed, or under way, is already so in any state."""
    given(*RUNNING).when(Rollback("1")).then_already(since=after(3), by="ana", reason=None)
    given(*ROLLING).when(Rollback("2")).then_already(since=after(4), by="ana", reason="v2")
    for version in ("1", None):
        given(*ROLLING).when(Rollback(version, "no")).then(RolloutRequested(SPEC, (), "no", DUE))
    stopped = given(*STOPPED)
    assert stopped.job is not None
    stopped.when(Rollback("1")).then_already(since=stopped.job.since, by=stopped.job.by, reason=stopped.job.reason)


def test_earlier_specs_are_kept_once() -> None:
    """However often they go back and forth; the spec of now is not among them."""
    job = given(*STOPPED, JobDeployed(OTHER_SPEC), JobDeployed(SPEC), JobDeployed(OTHER_SPEC)).job
    assert job is not None
    assert job.earlier == (SPEC,)
