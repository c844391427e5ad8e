"""want: what the log wants a worker to do, a function of the folded job alone."""

import pytest
from tests.unit.control.given import PASTS, PAUSING, RESUMED, RESUMING, given, orders

from slackwater.core.coverage import Stance
from slackwater.core.events import JobEvent, WorkerAcked
from slackwater.core.job import Job
from slackwater.core.states import LIVE, JobState
from slackwater.core.want import Want, wanted

STANCES = {
    JobState.DEPLOYED: Stance.RELEASED,
    JobState.STARTING: Stance.RUNNING,
    JobState.RUNNING: Stance.RUNNING,
    JobState.PAUSING: Stance.STILL,
    JobState.PAUSED: Stance.STILL,
    JobState.RESUMING: Stance.RUNNING,
    JobState.STOPPING: Stance.RELEASED,
    JobState.STOPPED: Stance.RELEASED,
    JobState.FAILED: Stance.RELEASED,
}


@pytest.mark.parametrize("state", PASTS, ids=str)
def test_wanted(state: JobState) -> None:
    """Every state wants one stance, in the job's epoch."""
    job = given(*PASTS[state]).job
    assert job is not None
    assert wanted(job) == Want(STANCES[state], job.epoch)


def test_only_what_lives_is_kept() -> None:
    """A state in which workers may hold partitions must be live, and a state that is not live wants them released."""
    assert set(STANCES) == set(JobState) - {JobState.ABSENT}
    for state, stance in STANCES.items():
        assert stance is Stance.RELEASED or state in LIVE


def test_what_may_be_taken_from() -> None:
    """While a transition is being proved only what somebody is known to run; once it is proved, everything."""
    first = WorkerAcked("w-1", Stance.RUNNING, orders(7, 9)[:1], {"orders": 2})
    assert wanted(job_of(*RESUMING)).cleared == frozenset()
    assert wanted(job_of(*RESUMING, first)).cleared == {("orders", 0)}
    assert wanted(job_of(*RESUMED)).cleared is None


def test_where_to_begin_without_offsets() -> None:
    """At the cut, unless something may have been taken since: workers hear both. It is no part of what is vouched for."""
    want = wanted(job_of(*RESUMED))
    assert (want.cut, want.taken) == (orders(7, 9), orders(7, 9))
    assert want == Want(Stance.RUNNING, want.epoch)


def job_of(*past: JobEvent) -> Job:
    job = given(*past).job
    assert job is not None
    return job


def test_how_many_partitions_a_topic_had() -> None:
    """As the first word of a worker says it; what was added since is told apart by that."""
    grown = WorkerAcked("w-1", Stance.STILL, orders(7, 9, 0), {"orders": 3})
    assert wanted(job_of(*PAUSING, grown)).first_partitions == {"orders": 2}
