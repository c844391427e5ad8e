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


def test_an_event_that_cannot_be_read_is_published_by_nobody(rig: Rig) -> None:
    """One job's garbled event stops neither the published log nor the other jobs."""
    for name in ("garbled", "other"):
        rig.admin.deploy_job(name, "1", rig.sql.replace(rig.job, name))
    with sqlite3.connect(rig.directory / "log.db") as intruder:
        (guard,) = intruder.execute("SELECT sql FROM sqlite_master WHERE name = 'event_no_update'").fetchone()
        intruder.execute("DROP TRIGGER event_no_update")
        intruder.execute("UPDATE event SET data = 'not json' WHERE job_id = 'garbled'")
        intruder.execute(guard)
    rig.worker()
    rig.admin.start_job("other", timeout=60)
    rig.wait_for(lambda: "JobStarted" in _published(rig), "the other job's events")
    assert _published(rig)[0] == "JobDeployed"
    assert {body["data"]["job"] for body in rig.bodies(rig.topics.events)} == {"other"}


def _published(rig: Rig) -> list[str]:
    return [body["data"]["event"] for body in rig.bodies(rig.topics.events)]
