"""What holds jobs by itself, on real workers: a maintenance window, a rule."""

import time
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


def test_a_rule_holds_what_runs(rig: Rig) -> None:
    """A job that runs is held, and who lets go is not overruled; what is held falls behind by no fault of its own."""
    rig.worker()
    rig.deploy_and_start()
    rig.send({"set_rule": "@policy", "name": "large", "metric": "memory_mb", "upper": 1, "lower": 0, "for_s": 1})
    rig.wait_state("PAUSED")
    rig.admin.resume_job(rig.job, hold="rule:large")
    rig.admin.pause_job(rig.job, hold="night")
    behind = {"name": "far-behind", "metric": "lag", "upper": 400, "lower": 0, "for_s": 1}
    rig.send({"set_rule": "@policy", **behind, "reason": "look at it"})
    rig.produce(500)
    rig.wait_for(lambda: 500 in {watched.value for watched in rig.admin.watched_jobs()}, "the lag to be seen")
    time.sleep(5)
    assert [hold.name for hold in rig.admin.get_job_status(rig.job).holds] == ["night"]
    rig.admin.resume_job(rig.job, hold="night")
    rig.wait_caught_up()
    found = rig.admin.audit("SELECT event, actor FROM job_history WHERE event IN ('RuleTripped', 'RuleRearmed')")
    assert [tuple(row) for row in found.rows] == [("RuleTripped", "scheduler")]
    assert rig.admin.get_job_status(rig.job).state == "RUNNING"
    assert rig.admin.verify().ok
    rig.assert_exactly_once()
