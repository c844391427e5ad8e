"""What a worker says of one job is never taken for what it said of another."""

from datetime import UTC, datetime
from pathlib import Path

from tests.unit.control.given import SPEC

from slackwater.core.commands import Command
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.start import Start
from slackwater.core.coverage import Stance
from slackwater.core.states import JobState
from slackwater.persistence.open import open_store
from slackwater.streams.supervisor import say


def test_two_jobs_of_the_same_inputs(tmp_path: Path) -> None:
    """Two jobs that read the same topic up to the same offsets are each vouched for by the same worker."""
    store = open_store(f"sqlite:///{tmp_path}/log.db", create=True)
    for name in ("one", "two"):
        for verb in (Deploy(SPEC), Start(None)):
            store.handle(Command(f"{name}-{verb.name}", name, verb, "ana", "api", datetime.now(UTC)))
    for name in ("one", "two"):
        job = store.job(name)
        assert job is not None
        ack = Ack("w-1", job.epoch, Stance.RUNNING, (("orders", 0, 7),), {"orders": 1}, 0, {"orders": "t-1"})
        say(store, "w-1", job, ack)
    assert [job.state for job in store.jobs()] == [JobState.RUNNING, JobState.RUNNING]
    store.close()
