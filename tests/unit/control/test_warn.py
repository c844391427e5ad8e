"""warn: retention comes closer to what a paused job has not read."""

from dataclasses import replace

import pytest

from slackwater.core.control.warn import Warn
from slackwater.core.coverage import Stance
from slackwater.core.events import JobDeployed, JobPaused, PauseRequested, ResumeRequested, RetentionWarned, StopRequested
from slackwater.core.states import JobState

from .given import DUE, PASTS, PAUSED, RESUMED, SOON, SPEC, acked, given, orders


def test_each_level_once() -> None:
    """Fifty, then ten; neither again in this pause."""
    given(*PAUSED).when(Warn(2, 50, 3600)).then(RetentionWarned(50, 3600))
    warned = (*PAUSED, RetentionWarned(50, 3600))
    job = given(*warned).job
    assert job is not None
    given(*warned).when(Warn(2, 50, 3590)).then_already(since=job.since, by=job.by, reason=job.reason)
    given(*warned).when(Warn(2, 10, 700)).then(RetentionWarned(10, 700))


def test_a_new_pause_is_warned_anew() -> None:
    """Each pause has its own time."""
    again = (PauseRequested("operator", None, SOON), acked(Stance.STILL, 7, 9), JobPaused("c9", orders(7, 9)))
    past = (*PAUSED, RetentionWarned(10, 700), *RESUMED[len(PAUSED) :], *again)
    given(*past).when(Warn(4, 50, 3600)).then(RetentionWarned(50, 3600))


@pytest.mark.parametrize(("policy", "state"), [("resume", JobState.RESUMING), ("stop", JobState.STOPPING)])
def test_the_policy_acts_at_the_last_level(policy: str, state: JobState) -> None:
    """In the same append as the warning, so that it happens once."""
    past = (JobDeployed(replace(SPEC, on_retention=policy)), *PAUSED[1:])
    given(*past).when(Warn(2, 50, 3600)).then(RetentionWarned(50, 3600))
    why = "retention deletes what was not read in 700 s"
    acts = {"resume": ResumeRequested(("operator",), why, DUE), "stop": StopRequested(why, DUE)}
    assert given(*past).when(Warn(2, 10, 700)).then(RetentionWarned(10, 700), acts[policy]).state is state


@pytest.mark.parametrize("state", sorted(set(PASTS) - {JobState.PAUSED}), ids=str)
def test_only_a_paused_job_is_warned(state: JobState) -> None:
    """Others read on, or are not looked at."""
    job = given(*PASTS[state]).job
    assert job is not None
    given(*PASTS[state]).when(Warn(job.epoch, 10, 1)).then_already(since=job.since, by=job.by, reason=job.reason)
