"""The four tests of the request (FR-002), on real Kafka, with the log on SQLite and on PostgreSQL."""

from tests.rig.workers import Rig

from slackwater.core.states import JobState


def test_pause_running_job(any_rig: Rig) -> None:
    """A running job can be paused; its status then says since when, and why."""
    any_rig.worker()
    any_rig.deploy_and_start()
    assert any_rig.admin.pause_job(any_rig.job, reason="maintenance").changed
    status = any_rig.admin.get_job_status(any_rig.job)
    assert status.state is JobState.PAUSED
    assert status.paused_at is not None
    assert (status.by, status.reason) == ("ana", "maintenance")


def test_resume_paused_job(any_rig: Rig) -> None:
    """A paused job can be resumed; its pause is in the history with its length."""
    any_rig.worker()
    any_rig.deploy_and_start()
    any_rig.admin.pause_job(any_rig.job, reason="why")
    assert any_rig.admin.resume_job(any_rig.job).state is JobState.RUNNING
    (pause,) = any_rig.admin.get_job_details(any_rig.job).pause_history
    assert pause.resumed_at is not None
    assert pause.duration_s is not None
    assert pause.reason == "why"


def test_pause_resume_preserves_kafka_state(any_rig: Rig) -> None:
    """The cut of a pause is what Kafka has committed; nothing moves while paused; afterwards the output is exact."""
    any_rig.worker()
    any_rig.deploy_and_start()
    any_rig.produce(2000)
    any_rig.wait_caught_up()
    result = any_rig.admin.pause_job(any_rig.job)
    cut = {partition: offset for _, partition, offset in result.cut}
    assert cut == any_rig.committed()
    before = any_rig.outputs()
    any_rig.produce(2000)
    assert any_rig.outputs() == before
    assert any_rig.committed() == cut
    assert (any_rig.admin.get_job_details(any_rig.job).kafka_lag or 0) >= 2000
    any_rig.admin.resume_job(any_rig.job)
    any_rig.wait_caught_up()
    any_rig.assert_exactly_once()


def test_multiple_pause_resume_cycles(any_rig: Rig) -> None:
    """Twelve cycles in a row under flowing records change nothing about the output, and the log verifies."""
    any_rig.worker()
    any_rig.deploy_and_start()
    for _ in range(12):
        any_rig.produce(500)
        assert any_rig.admin.pause_job(any_rig.job).state is JobState.PAUSED
        assert any_rig.admin.resume_job(any_rig.job).state is JobState.RUNNING
    any_rig.wait_caught_up()
    any_rig.assert_exactly_once()
    assert any_rig.admin.get_job_details(any_rig.job).metrics.pauses == 12
    assert any_rig.admin.verify().ok
