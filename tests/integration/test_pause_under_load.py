"""A pause is a fact about committed offsets, whatever crashes or joins meanwhile."""

import signal
import threading
import time

import psutil
from tests.rig.workers import Rig


def test_pause_while_records_flow_and_workers_come_and_go(rig: Rig) -> None:
    """Under load: paused means silent and cut = committed, also across a join; a SIGKILL loses and repeats nothing."""
    first = rig.worker("w-1")
    rig.worker("w-2")
    rig.deploy_and_start()
    flowing = threading.Event()
    producing = threading.Thread(target=lambda: [rig.produce(500) for _ in iter(lambda: flowing.wait(0.2), True)])
    producing.start()
    try:
        for cycle in range(3):
            rig.wait_for_more_output()
            result = rig.admin.pause_job(rig.job, timeout=60)
            cut = {partition: offset for _, partition, offset in result.cut}
            still = rig.outputs()
            assert cut == rig.committed()
            if cycle == 1:
                rig.worker("w-3")
                rig.wait_for(lambda: "worker ready" in (rig.directory / "w-3.log").read_text(), "the third worker")
            assert rig.outputs() == still, "a paused job wrote"
            assert rig.committed() == cut, "a paused job committed"
            rig.admin.resume_job(rig.job, timeout=60)
        rig.kill(first)
        rig.wait_for_more_output()
    finally:
        flowing.set()
        producing.join()
    rig.wait_caught_up(90)
    rig.assert_exactly_once()
    assert rig.admin.verify().ok


def test_a_worker_that_slept_past_its_session(rig: Rig) -> None:
    """A worker stalled longer than its session wakes during a pause: it moves nothing, and its old batch stays out."""
    # It falls asleep with outputs written and not committed.
    sleeper = rig.worker("w-1", SLACKWATER_DIE_AT="written", SLACKWATER_DIE_BY="stop")
    rig.worker("w-2")
    rig.deploy_and_start()
    rig.wait_members(2)
    rig.produce(3000)
    rig.wait_for(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_STOPPED, "the sleeper to fall asleep")
    try:
        rig.produce(3000)
        result = rig.admin.pause_job(rig.job, timeout=60)
        assert rig.owners() == 1, "the sleeper was not missed"
        still, cut = rig.outputs(), {partition: offset for _, partition, offset in result.cut}
        assert cut == rig.committed()
    finally:
        sleeper.send_signal(signal.SIGCONT)
    rig.wait_members(2)
    for _ in range(10):
        time.sleep(0.3)
        assert rig.outputs() == still, "the sleeper wrote during the pause"
        assert rig.committed() == cut
    rig.admin.resume_job(rig.job, timeout=60)
    rig.wait_caught_up()
    rig.assert_exactly_once()
    assert rig.admin.verify().ok
