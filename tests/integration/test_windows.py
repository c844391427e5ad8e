"""A maintenance window on real workers."""

from datetime import UTC, datetime, timedelta

from tests.rig.workers import Rig


def test_a_window_opens_and_closes(rig: Rig) -> None:
    """A job is held at the minute by whichever of two workers looks first, once, and goes on by itself when it is over."""
    rig.worker("w-1")
    rig.worker("w-2")
    rig.deploy_and_start()
    rig.produce(500)
    rig.wait_caught_up()
    opens = (datetime.now(UTC) + timedelta(seconds=65)).replace(second=0, microsecond=0)
    rig.admin.set_window("deploy", f"{opens.minute} {opens.hour} * * *", lasts_s=60, reason="CHG-1")
    (first, *_) = rig.admin.upcoming_windows(count=1)
    assert (first.begins, first.jobs) == (opens, (rig.job,))
    rig.wait_state("PAUSED", timeout=140)
    assert datetime.now(UTC) >= opens
    rig.produce(500)
    rig.wait_state("RUNNING", timeout=90)
    assert datetime.now(UTC) >= opens + timedelta(seconds=60)
    rig.wait_caught_up()
    found = rig.admin.audit(
        "SELECT event, actor FROM job_history WHERE event IN ('PauseRequested', 'HoldAdded', 'ResumeRequested') ORDER BY seq"
    )
    assert [tuple(row) for row in found.rows] == [("PauseRequested", "scheduler"), ("ResumeRequested", "scheduler")]
    assert rig.admin.verify().ok
    rig.assert_exactly_once()
