"""Deadlines where no worker lives: whoever waits has watched, and ends what nobody carried out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from slackwater import Admin
from slackwater.admin import errors
from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.states import JobState
from slackwater.persistence.open import open_store

SQL = "SELECT * FROM orders"


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(open_store(f"sqlite:///{tmp_path}/log.db", create=True), actor="ana")


def _as_worker(admin: Admin, verb: Verb) -> None:
    admin.store.handle(Command(f"w-1/{verb!r}", "a", verb, "w-1", "worker", datetime.now(UTC)))


def _vouch(admin: Admin, epoch: int, stance: Stance) -> None:
    _as_worker(admin, Ack("w-1", epoch, stance, cut_of({("orders", 0): 7}), {"orders": 1}))


def test_a_start_that_nobody_carries_out(admin: Admin) -> None:
    """FAILED with the reason once it was watched for its deadline, not before, and not STARTING for ever."""
    admin.deploy_job("a", "1", SQL)
    with pytest.raises(errors.SlackwaterError, match="STARTING was not covered within 1 s: no worker vouched") as failed:
        admin.start_job("a", deadline_s=1, timeout=20)
    assert failed.value.code == "job_failed"
    status = admin.get_job_status("a")
    assert (status.state, status.by) == (JobState.FAILED, "ana")
    assert status.failure is not None
    assert status.failure.startswith("deadline")


def test_a_pause_and_a_resume_that_nobody_carries_out(admin: Admin) -> None:
    """A pause falls back to a stop, a resume fails: what a worker would have said."""
    admin.deploy_job("a", "1", SQL)
    admin.start_job("a", wait=False)
    _vouch(admin, 1, Stance.RUNNING)
    admin.pause_job("a", wait=False)
    _vouch(admin, 2, Stance.STILL)
    with pytest.raises(errors.SlackwaterError, match="RESUMING was not covered within 1 s"):
        admin.resume_job("a", deadline_s=1, timeout=20)
    admin.start_job("a", wait=False)
    _vouch(admin, 4, Stance.RUNNING)
    with pytest.raises(errors.Refused, match="fallback to stop: PAUSING was not covered within 1 s"):
        admin.pause_job("a", deadline_s=1, timeout=20)
    assert admin.get_job_status("a").state is JobState.STOPPING


def test_what_was_not_watched_long_enough_goes_on(admin: Admin) -> None:
    """Another's command is not ended by someone who has only just come, however old it is; nor is a job that is to wait."""
    admin.deploy_job("a", "1", SQL)
    admin.start_job("a", deadline_s=1, wait=False, command_id="once")
    with pytest.raises(errors.Timeout):
        admin.start_job("a", deadline_s=1, timeout=0.3, command_id="once")
    admin.deploy_job("b", "1", f"-- @on_deadline: wait\n{SQL}")
    with pytest.raises(errors.Timeout):
        admin.start_job("b", deadline_s=1, timeout=1.5)
    assert [status.state for status in admin.list_jobs()] == [JobState.STARTING, JobState.STARTING]
