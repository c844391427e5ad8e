"""Another text for a job that runs on the real Kafka: nothing skipped, nothing twice, one story in the log."""

import time
from typing import Any

from tests.chaos.story import flowing
from tests.rig.workers import Rig

from slackwater.core.events import name_of


def test_rolled_out_and_back_under_load(rig: Rig) -> None:
    """The old version is drained, the new one starts exactly at its cut: every order is written by one of them, once."""
    rig.worker("w-1")
    rig.worker("w-2")
    rig.deploy_and_start()
    with flowing(rig):
        rig.wait_for_more_output()
        second = rig.admin.deploy_job(rig.job, "2", rig.sql.replace("amount * 2", "amount * 3"), reason="v2", timeout=60)
        rig.wait_for_more_output()
        back = rig.admin.rollback_job(rig.job, reason="worse", timeout=60)
        rig.wait_for_more_output()
    assert [(one.state, one.changed) for one in (second, back)] == [("RUNNING", True)] * 2
    rig.wait_caught_up()
    rig.assert_exactly_once()
    factors = {round(body["twice"] / rig.amount(body["order_id"])) for body in rig.bodies(rig.output)}
    assert factors == {2, 3}, "both versions wrote"
    events = [name_of(one.event) for one in rig.admin.history(rig.job)]
    story = ["RolloutRequested", "JobStopped", "JobDeployed", "StartRequested", "JobStarted"]
    assert [name for name in events if name in story][-10:] == story * 2
    asked = next(one for one in rig.admin.history(rig.job) if name_of(one.event) == "RolloutRequested")
    stopped = next(one.event for one in rig.admin.history(rig.job) if name_of(one.event) == "JobStopped")
    started: Any = [one.event for one in rig.admin.history(rig.job) if name_of(one.event) == "JobStarted"][1]
    assert started.cut == stopped.cut  # type: ignore[attr-defined]
    assert started.completes == asked.command_id


def test_a_rollout_of_a_held_job_keeps_it_held(rig: Rig) -> None:
    """Paused before, paused after, at the same offsets; then it is let go slowly, and goes on under the new version."""
    rig.worker("w-1")
    rig.deploy_and_start()
    rig.produce(2000)
    rig.wait_caught_up()
    paused = rig.admin.pause_job(rig.job, reason="maintenance", timeout=60)
    rig.produce(1200)
    rolled = rig.admin.deploy_job(rig.job, "2", rig.sql.replace("amount * 2", "amount * 3"), timeout=60)
    assert (rolled.state, rolled.cut) == ("PAUSED", paused.cut)
    began = time.monotonic()
    rig.admin.resume_job(rig.job, rate_per_s=300, until_lag=10, timeout=60)
    rig.wait_caught_up()
    assert time.monotonic() - began > 2, "1,200 records at 300 a second, one second's worth at once"
    rig.wait_for(lambda: "RateCapLifted" in {name_of(one.event) for one in rig.admin.history(rig.job)}, "the cap to go")
    rig.assert_exactly_once()
