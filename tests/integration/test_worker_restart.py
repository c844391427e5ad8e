"""A worker that is killed and comes back does the right thing in every state, without a special path."""

import pytest
from confluent_kafka import Producer
from tests.rig.workers import Rig

CYCLES = {
    "STARTING": ("start_job", "RUNNING"),
    "PAUSING": ("pause_job", "PAUSED"),
    "RESUMING": ("resume_job", "RUNNING"),
    "STOPPING": ("stop_job", "STOPPED"),
}


STATES = ["DEPLOYED", "STARTING", "RUNNING", "PAUSING", "PAUSED", "RESUMING", "STOPPING", "STOPPED", "FAILED"]


@pytest.mark.parametrize("state", STATES)
def test_restart_in_every_state(rig: Rig, state: str) -> None:
    """Killed in the state, back again: a transition ends as wished, a resting state stays, and the output is exact."""
    rig.admin.deploy_job(rig.job, "1", f"-- @on_error: fail\n{rig.sql}" if state == "FAILED" else rig.sql)
    worker = rig.worker()
    if state not in {"DEPLOYED", "STARTING"}:
        rig.admin.start_job(rig.job, timeout=60)
        rig.produce(500)
    if state in {"PAUSED", "RESUMING"}:
        rig.admin.pause_job(rig.job)
    if state == "STOPPED":
        rig.admin.stop_job(rig.job)
    if state == "FAILED":
        poison = Producer(rig.connection.client())
        poison.produce(rig.input, value=b"not json")
        assert poison.flush(20) == 0
        rig.wait_state("FAILED")
    rig.kill(worker)
    method, after = CYCLES.get(state, ("", state))
    if method:
        assert getattr(rig.admin, method)(rig.job, wait=False).state == state
    rig.worker()
    rig.wait_state(after)
    assert rig.admin.get_job_status(rig.job).state == after
    if after == "PAUSED":
        assert {p: o for _, p, o in rig.admin.get_job_status(rig.job).cut} == rig.committed()
        rig.admin.resume_job(rig.job)
    if after == "FAILED":
        rig.admin.deploy_job(rig.job, "2", rig.sql)
    if after in {"DEPLOYED", "STOPPED", "FAILED"}:
        rig.admin.start_job(rig.job, timeout=60)
    rig.produce(500)
    rig.wait_caught_up()
    rig.assert_exactly_once()


def test_sigterm_drains(rig: Rig) -> None:
    """SIGTERM under load: what was taken is committed, the worker ends by itself within the 40 s it states."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.produce(20_000)
    worker.terminate()
    assert worker.wait(40) == 0
    taken = sum(rig.committed().values())
    rig.worker("w-2")
    rig.wait_caught_up()
    rig.assert_exactly_once()
    assert sum(rig.committed().values()) >= taken
