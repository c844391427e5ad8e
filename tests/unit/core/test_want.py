"""want: what the log wants a worker to do, a function of the folded job alone."""

import pytest
from tests.unit.control.given import PASTS, given

from slackwater.core.coverage import Stance
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
