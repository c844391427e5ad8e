"""Holds that end by themselves, on real workers."""

import time
from datetime import UTC, datetime

from tests.rig.workers import Rig


def _released(rig: Rig) -> list[tuple[str, str, str | None]]:
    found = rig.admin.audit(
        "SELECT event, actor, reason FROM job_history WHERE event IN ('ResumeRequested', 'HoldReleased') ORDER BY seq"
    )
    return [(event, actor, (reason or "")[:10]) for event, actor, reason in found.rows]


def _holds(rig: Rig) -> list[str]:
    return [hold.name for hold in rig.admin.get_job_status(rig.job).holds]


def test_an_end_that_came_while_nobody_lived(rig: Rig) -> None:
    """`for` fires exactly once, at the hand of `scheduler`, even if every worker was down at that moment."""
    workers = [rig.worker("w-1"), rig.worker("w-2")]
    rig.deploy_and_start()
    rig.produce(1000)
    rig.wait_caught_up()
    done = rig.cli("pause", rig.job, "--for", "30s", "--reason", "release", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert '"resumes_at": "2' in done.stdout
    ends = rig.admin.get_job_status(rig.job).resumes_at
    assert ends is not None
    rig.produce(1000)
    for worker in workers:
        rig.kill(worker)
    assert datetime.now(UTC) < ends, "too slow a machine: the end came while somebody lived"
    rig.wait_for(lambda: datetime.now(UTC) > ends, "the end of the hold")
    assert rig.admin.get_job_status(rig.job).state == "PAUSED"
    rig.worker("w-3")
    rig.worker("w-4")
    rig.wait_state("RUNNING")
    rig.wait_caught_up()
    time.sleep(2)
    assert _released(rig) == [("ResumeRequested", "scheduler", "held until")]
    rig.assert_exactly_once()


def test_an_end_takes_no_other_hold_with_it(rig: Rig) -> None:
    """When one hold ends the job stays still for the other, and goes on when that is released."""
    rig.worker()
    rig.deploy_and_start()
    rig.admin.pause_job(rig.job, hold="deploy-42", for_s=15)
    rig.admin.pause_job(rig.job, hold="audit", reason="quarter end")
    rig.wait_for(
        lambda: [hold.name for hold in rig.admin.get_job_status(rig.job).holds] == ["audit"], "the end of deploy-42"
    )
    assert rig.admin.get_job_status(rig.job).state == "PAUSED"
    rig.admin.resume_job(rig.job, hold="audit")
    rig.wait_state("RUNNING")
    assert _released(rig) == [("HoldReleased", "scheduler", "held until"), ("ResumeRequested", "ana", "")]


def test_by_the_control_topic(rig: Rig) -> None:
    """`for` and `until` are the same words on the control topic; one that cannot be meant is refused."""
    rig.worker()
    rig.deploy_and_start()
    rig.send({"pause": rig.job, "hold": "night", "for": "2s"})
    rig.send({"id": "long-over", "pause": rig.job, "until": "2020-01-01T00:00:00Z"})
    rig.wait_for(lambda: bool(_released(rig)), "the end of the hold")
    rig.wait_state("RUNNING")
    found = rig.admin.audit("SELECT code FROM refusals WHERE command_id = 'long-over'")
    assert [row[0] for row in found.rows] == ["bad_until"]
