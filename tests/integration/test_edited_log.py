"""Workers obey events, never a row that someone edited."""

import sqlite3
import time

import pytest
from tests.rig.workers import Rig

from slackwater.admin.errors import Refused


def test_an_edited_row_starts_nothing(rig: Rig) -> None:
    """A paused job whose row is made to say that it runs stays still, is refused, and goes on once the row is restored."""
    rig.worker()
    rig.deploy_and_start()
    rig.produce(200)
    rig.wait_caught_up()
    rig.admin.pause_job(rig.job, timeout=60)
    still, cut = rig.outputs(), rig.committed()
    with sqlite3.connect(rig.directory / "log.db") as intruder:
        (body,) = intruder.execute("SELECT body FROM job").fetchone()
        running = body.replace('"PAUSED"', '"RUNNING"').replace('"epoch":2', '"epoch":3')
        intruder.execute("UPDATE job SET state = 'RUNNING', epoch = 3, body = ?", (running,))
    rig.produce(200)
    rig.wait_for(lambda: f"job {rig.job} is left out" in (rig.directory / "w-1.log").read_text(), "the worker to see it")
    for _ in range(10):
        time.sleep(0.3)
        assert rig.outputs() == still, "the worker obeyed the edited row"
        assert rig.committed() == cut
    with pytest.raises(Refused) as refused:
        rig.admin.resume_job(rig.job)
    assert refused.value.code == "job_row_differs"
    with sqlite3.connect(rig.directory / "log.db") as intruder:
        intruder.execute("UPDATE job SET state = 'PAUSED', epoch = 2, body = ?", (body,))
    rig.admin.resume_job(rig.job, timeout=60)
    rig.wait_caught_up()
    rig.assert_exactly_once()
    assert rig.admin.verify().ok
