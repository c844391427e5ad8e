"""An upgrade while workers of the version before live: here this version is the old one."""

import sqlite3

from tests.conformance.test_newer_events import with_newer_event
from tests.rig.workers import Rig

NEWER_SCHEMA = "UPDATE alembic_version SET version_num = 'r9999'"


def test_a_worker_older_than_the_log(rig: Rig) -> None:
    """It runs on under a newer schema. A job with an event unknown to it is drained, and given up to whoever knows it; that
    is said, and another job is not touched. Once ended it is not let in again: exit 7, and what to do."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.admin.deploy_job("other", "1", f'SELECT * FROM "{rig.input}"')
    rig.admin.start_job("other", timeout=60)
    with sqlite3.connect(rig.directory / "log.db") as log:
        log.execute(NEWER_SCHEMA)
    rig.produce(400)
    rig.wait_caught_up()
    with_newer_event(f"sqlite:///{rig.directory}/log.db", rig.job, type="JobTeleported")
    rig.wait_for(lambda: rig.members() == 0, "the worker to give the job up")
    assert f"job {rig.job} is left out" in rig.said()
    stands = rig.committed()
    rig.produce(400)
    rig.wait_for(lambda: rig.admin.kafka_state("other").current_lag == 0, "the other job")  # type: ignore[union-attr]
    assert (rig.committed(), worker.poll()) == (stands, None)
    assert rig.admin.get_job_status("other").state == "RUNNING"
    assert rig.worker("w-2").wait(60) == 7
    assert "newer Slackwater" in rig.said()
