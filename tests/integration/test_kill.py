"""A job that is killed: its workers leave without finishing, and nothing is lost or doubled by that."""

import pytest
from tests.rig.workers import Rig

from slackwater.core import events as e


@pytest.mark.parametrize("workers", [("w-1",), ("w-1", "w-2")], ids=["one worker", "two"])
def test_kill_under_load(rig: Rig, workers: tuple[str, ...]) -> None:
    """Stopped at what the group has committed, without any worker's word; the next start takes the rest, exactly once."""
    for name in workers:
        rig.worker(name)
    rig.deploy_and_start()
    for _ in range(3):
        rig.produce(20_000)
        killed = rig.admin.kill_job(rig.job, reason="runaway", timeout=60)
        assert killed.state == "STOPPED"
        assert {partition: offset for _, partition, offset in killed.cut} == rig.committed()
        assert rig.members() == 0
        rig.admin.start_job(rig.job, timeout=60)
    rig.wait_caught_up()
    rig.assert_exactly_once()
    story = [type(recorded.event) for recorded in rig.admin.history(rig.job)]
    assert story.count(e.GroupFoundEmpty) == 3


def test_a_stop_that_hangs_is_killed(rig: Rig) -> None:
    """A worker that sleeps keeps a stop waiting; a kill overtakes it, and is done once the group has missed the worker."""
    import signal

    worker = rig.worker()
    rig.deploy_and_start()
    rig.produce(5_000)
    worker.send_signal(signal.SIGSTOP)
    assert rig.admin.stop_job(rig.job, wait=False).state == "STOPPING"
    killed = rig.admin.kill_job(rig.job, timeout=60)
    assert killed.state == "STOPPED"
    worker.send_signal(signal.SIGCONT)
    rig.admin.start_job(rig.job, timeout=60)
    rig.wait_caught_up()
    rig.assert_exactly_once()
