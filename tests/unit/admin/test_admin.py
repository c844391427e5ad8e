"""Admin and AsyncAdmin over a log without workers: what they answer, and how they say no."""

import getpass
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from slackwater import Admin, AsyncAdmin
from slackwater.admin import errors
from slackwater.admin.door import os_user
from slackwater.core.commands import Command
from slackwater.core.control.ack import Ack
from slackwater.core.coverage import Stance
from slackwater.core.cut import PartitionOffset
from slackwater.core.result import Result
from slackwater.core.states import JobState
from slackwater.persistence.open import open_store

SQL = "SELECT * FROM orders"
EAST = timezone(timedelta(hours=14))


@pytest.fixture
def log(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    open_store(url, create=True).close()
    return url


def test_deploy_of_the_request(log: str) -> None:
    """The request's own call: name, version, SQL and the topic it reads; the same again changes nothing."""
    with Admin.connect(log) as admin:
        assert admin.deploy_job("test_job", "1.0", "SELECT * FROM topic", "topic").changed
        assert not admin.deploy_job("test_job", "1.0", "SELECT * FROM topic", "topic").changed
        details = admin.get_job_details("test_job")
        assert (details.inputs, details.outputs) == (("topic",), ("test_job.output",))
        with pytest.raises(errors.InvalidCommand, match="does not read"):
            admin.deploy_job("other", "1", "SELECT * FROM topic", "orders")


def test_errors_are_typed(log: str) -> None:
    """Refused says what is legal; unknown jobs, bad names and bad SQL have types of their own."""
    with Admin.connect(log) as admin:
        admin.deploy_job("a", "1", SQL)
        with pytest.raises(errors.Refused) as refused:
            admin.pause_job("a")
        assert refused.value.legal == ("start", "stop", "drain", "kill", "deploy")
        with pytest.raises(errors.NotFound):
            admin.get_job_status("ghost")
        with pytest.raises(errors.InvalidCommand):
            admin.deploy_job("../x", "1", SQL)
        with pytest.raises(errors.InvalidCommand, match="line 1"):
            admin.deploy_job("b", "1", "SELECT FROM")
        with pytest.raises(errors.Conflict):
            admin.start_job("a", expected_version=7)
        with pytest.raises(errors.InvalidCommand):
            admin.audit("DELETE FROM job")


def test_timeout_stands_and_is_repeatable(log: str) -> None:
    """Accepted but not proved: Timeout with the command id; the same id again gives the first answer."""
    with Admin.connect(log) as admin:
        admin.deploy_job("a", "1", SQL)
        with pytest.raises(errors.Timeout) as late:
            admin.start_job("a", timeout=0.05, command_id="once")
        assert late.value.command_id == "once"
        again = admin.start_job("a", wait=False, command_id="once")
        assert again.duplicate
        assert again.state is JobState.STARTING
        assert [job.state for job in admin.list_jobs()] == [JobState.STARTING]


def test_what_cannot_be_deployed_is_recorded(log: str) -> None:
    """As at the topic's door: a typed refusal that stands in the log, under the job's name where that is one; a dry run's
    does not."""
    with Admin.connect(log, actor="ana", channel="cli") as admin:
        for name, sql in (("b", "SELECT FROM"), ("../x", SQL), ("../y", "SELECT \0"), ("c", "SELECT * FROM a; \ud800")):
            with pytest.raises(errors.InvalidCommand) as refused:
                admin.deploy_job(name, "1", sql, command_id="once" if name == "b" else None)
            assert refused.value.command_id
        with pytest.raises(errors.InvalidCommand):
            admin.deploy_job("d", "1", SQL, "elsewhere")
        with pytest.raises(errors.InvalidCommand):
            admin.pause_job("e", until=datetime(2026, 11, 24))
        for skipped in (datetime(2027, 3, 28, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")), datetime.min.replace(tzinfo=EAST)):
            with pytest.raises(errors.InvalidCommand) as refused:
                admin.pause_job("f", until=skipped)
            assert refused.value.hint
        with pytest.raises(errors.InvalidCommand):
            admin.deploy_job("g", "1", "SELECT FROM", dry_run=True)
        found = admin.audit("SELECT job_id, code, actor, channel FROM refusals").rows
        assert sorted(row[:2] for row in found) == [
            ("", "bad_job_id"),
            ("", "bad_job_id"),
            ("b", "syntax_error"),
            ("c", "syntax_error"),
            ("d", "topic_not_read"),
            ("e", "bad_until"),
            ("f", "bad_until"),
            ("f", "bad_until"),
        ]
        assert {row[2:] for row in found} == {("ana", "cli")}
        assert admin.deploy_job("b", "1", SQL, command_id="once").changed, "what made no sense did not take the id"


async def test_async_admin_is_the_same(log: str) -> None:
    """AsyncAdmin has Admin's names and gives Admin's results and errors."""
    async with await AsyncAdmin.connect(log) as admin:
        assert (await admin.deploy_job("a", "1", SQL)).changed
        assert (await admin.get_job_status("a")).state is JobState.DEPLOYED
        assert len(await admin.history("a")) == 1
        assert (await admin.verify()).ok
        with pytest.raises(errors.Refused):
            await admin.pause_job("a")
        with pytest.raises(AttributeError):
            _ = admin.nonsense


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A uid that no passwd file knows, as in many a container, asks as its number."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert os_user() == f"uid-{os.getuid()}"


def test_what_came_about_meanwhile(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that finds it done already answers with the job as it is then, not as it was when the command set out."""
    with Admin.connect(log) as admin:
        admin.deploy_job("a", "1", SQL)
        admin.start_job("a", wait=False)

        def prove(stance: Stance, epoch: int, offset: int) -> None:
            verb = Ack("w-1", epoch, stance, (PartitionOffset("orders", 0, offset),), {"orders": 1})
            admin.store.handle(Command(f"{stance}", "a", verb, "w-1", "worker", datetime.now(UTC)))

        prove(Stance.RUNNING, 1, 0)
        admin.pause_job("a", wait=False)
        real = admin.store.handle

        def late(command: Command) -> Result:
            monkeypatch.undo()
            prove(Stance.STILL, 2, 7)
            return real(command)

        monkeypatch.setattr(admin.store, "handle", late)
        answer = admin.pause_job("a", wait=False)
        assert (answer.changed, answer.state, answer.cut) == (False, "PAUSED", (PartitionOffset("orders", 0, 7),))
