"""`slackwater sql`: the job verbs as statements do what the verbs of the command line do."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slackwater.admin.cli import control, house, look, upkeep  # noqa: F401
from slackwater.admin.cli.app import app
from slackwater.admin.errors import InvalidCommand, Refused
from slackwater.persistence.open import open_store


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    open_store(url, create=True).close()
    monkeypatch.chdir(tmp_path)
    Path("a.sql").write_text("CREATE STREAM b WITH (topic = 'b') AS SELECT * FROM a")
    assert CliRunner().invoke(app, ["--log", url, "deploy", "a.sql"]).exit_code == 0
    return url


def _run(log: str, statement: str) -> str:
    done = CliRunner().invoke(app, ["--log", log, "sql", statement, "--wait", "no", "-o", "json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_verbs(log: str) -> None:
    """Each verb moves the job, with reason and hold."""
    assert json.loads(_run(log, "START JOB a REASON 'go'"))["state"] == "STARTING"
    assert json.loads(_run(log, "PAUSE JOB a HOLD deploy-42 REASON 'it''s late';"))["state"] == "PAUSING"
    assert json.loads(_run(log, "SHOW JOBS"))[0]["holds"][0]["name"] == "deploy-42"
    assert json.loads(_run(log, "RESUME JOB a ALL"))["state"] == "RESUMING"
    assert json.loads(_run(log, "STOP JOB a"))["state"] == "STOPPING"
    events = [event["event"] for event in json.loads(_run(log, "SHOW HISTORY OF JOB a"))]
    assert events == ["JobDeployed", "StartRequested", "PauseRequested", "ResumeRequested", "StopRequested"]


def test_what_is_no_verb(log: str) -> None:
    """A SELECT is sent to `deploy`, a misspelt clause is named, an illegal verb is refused as ever."""
    with pytest.raises(InvalidCommand, match="no job verb"):
        _run(log, "SELECT 1")
    with pytest.raises(InvalidCommand, match="takes no BECAUSE"):
        _run(log, "PAUSE JOB a BECAUSE 'x'")
    with pytest.raises(Refused, match="legal now: start"):
        _run(log, "PAUSE JOB a")
