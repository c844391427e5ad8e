"""What holds jobs by itself, on real workers: a maintenance window, a rule."""

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


def test_a_rule_holds_and_is_ready_again(rig: Rig) -> None:
    """A job that is far behind is held beside a person; who lets go of both, and once it caught up the rule is ready."""
    rig.worker()
    rig.deploy_and_start()
    rig.admin.pause_job(rig.job, hold="night")
    rule = {"name": "far-behind", "metric": "lag", "upper": 400, "lower": 0, "for_s": 1, "release_s": 1}
    rig.send({"set_rule": "@policy", **rule, "reason": "look at it"})
    rig.produce(500)
    rig.wait_for(lambda: len(rig.admin.get_job_status(rig.job).holds) == 2, "the rule to hold")
    rig.admin.resume_job(rig.job, hold="night")
    (watched,) = rig.admin.watched_jobs()
    assert (watched.value, watched.holds, rig.admin.get_job_status(rig.job).state) == (500, True, "PAUSED")
    rig.admin.resume_job(rig.job, hold="rule:far-behind")
    rig.wait_caught_up()
    rig.wait_for(lambda: rig.admin.watched_jobs()[0].tripped_at is None, "the rule to be ready")
    found = rig.admin.audit(
        "SELECT event, actor FROM job_history WHERE event IN ('RuleTripped', 'HoldAdded', 'RuleRearmed')"
    )
    assert [tuple(row) for row in found.rows] == [
        (event, "scheduler") for event in ("RuleTripped", "HoldAdded", "RuleRearmed")
    ]
    assert rig.admin.get_job_status(rig.job).state == "RUNNING"
    assert rig.admin.verify().ok
    rig.assert_exactly_once()
