"""What is missing or wrong around us: one clear line with what to do, and the right exit code."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def _sw(directory: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SLACKWATER_")}
    return subprocess.run(
        [sys.executable, "-m", "slackwater", *arguments],
        env={**clean, **env}, cwd=directory, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _said_once(done: subprocess.CompletedProcess[str], exit_code: int, *words: str) -> None:
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr


def test_no_log(tmp_path: Path) -> None:
    """Without a log: exit 7, and how to name one."""
    _said_once(_sw(tmp_path, "pause", "x"), 7, "no event log", "SLACKWATER_LOG")


def test_log_without_schema(tmp_path: Path) -> None:
    """A database without the schema: exit 7, and the command that makes it; after that it works."""
    url = f"sqlite:///{tmp_path}/log.db"
    _said_once(_sw(tmp_path, "jobs", SLACKWATER_LOG=url), 7, "slackwater db upgrade")
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    assert _sw(tmp_path, "jobs", SLACKWATER_LOG=url).returncode == 0
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0


def test_log_in_no_directory(tmp_path: Path) -> None:
    """A path that cannot be: exit 7."""
    _said_once(_sw(tmp_path, "jobs", SLACKWATER_LOG=f"sqlite:///{tmp_path}/no/such/log.db"), 7, "existing directory")


def test_bad_url_is_not_echoed(tmp_path: Path) -> None:
    """A password in a wrong URL is never shown."""
    done = _sw(tmp_path, "jobs", SLACKWATER_LOG="nosuchdb://ana:canary-secret@host/db")
    _said_once(done, 7, "sqlite:///")
    assert "canary-secret" not in done.stderr


def test_database_that_is_not_there(tmp_path: Path) -> None:
    """PostgreSQL that does not answer: exit 7 within seconds, the password not shown."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = _sw(tmp_path, "jobs", SLACKWATER_LOG=f"postgresql://ana:canary-secret@127.0.0.1:{port}/db")
    _said_once(done, 7, "PostgreSQL")
    assert "canary-secret" not in done.stderr


def test_wrong_password_of_the_database(postgres_server: Any, tmp_path: Path) -> None:
    """PostgreSQL that does not let us in: exit 5 at once, for a worker too; the password not shown."""
    rules = Path(postgres_server.pgdata) / "pg_hba.conf"
    rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
    postgres_server.psql("CREATE ROLE guarded LOGIN PASSWORD 'right'; SELECT pg_reload_conf();")
    url = str(postgres_server.get_uri()).replace("postgres:@", "guarded:canary-secret@")
    assert "guarded:canary-secret@" in url
    for words in (["jobs"], ["db", "upgrade"], ["worker", "--wait", "60"]):
        done = _sw(tmp_path, *words, SLACKWATER_LOG=url, SLACKWATER_KAFKA="127.0.0.1:9")
        _said_once(done, 5, "refused the user or the password")
        assert "canary-secret" not in done.stderr
        assert "waiting" not in done.stderr


def test_directory_that_may_not_be_written(tmp_path: Path) -> None:
    """A log or a dev house where nothing can be made: exit 7, naming the place. /sys is not even root's to write to."""
    _said_once(_sw(tmp_path, "db", "upgrade", "sqlite:////sys/log.db"), 7, "cannot be opened", "may be written to")
    _said_once(_sw(tmp_path, "dev", "--directory", "/sys/slackwater"), 7, "/sys/slackwater", "a directory you may write to")


def test_no_broker(tmp_path: Path) -> None:
    """A worker without a broker, or with one that does not answer: exit 7."""
    url = f"sqlite:///{tmp_path}/log.db"
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    _said_once(_sw(tmp_path, "worker", SLACKWATER_LOG=url), 7, "SLACKWATER_KAFKA")
    dead = {"SLACKWATER_LOG": url, "SLACKWATER_KAFKA": "127.0.0.1:9"}
    _said_once(_sw(tmp_path, "worker", "--wait", "0", **dead), 7, "does not answer")
    _said_once(_sw(tmp_path, "worker", "--wait", "8", **dead), 7, "waiting: Kafka at 127.0.0.1:9", "does not answer")


def test_protected_kafka_settings(tmp_path: Path) -> None:
    """A setting on which exactly-once rests cannot be changed from outside: exit 2, naming it."""
    url = f"sqlite:///{tmp_path}/log.db"
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    (tmp_path / "slackwater.toml").write_text(
        f'log = "{url}"\nkafka = "127.0.0.1:9"\n[kafka_settings]\n"auto.offset.reset" = "latest"\n'
    )
    _said_once(_sw(tmp_path, "worker"), 2, "auto.offset.reset")


@pytest.mark.parametrize(
    ("name", "value"), [("no.such.property", "1"), ("socket.timeout.ms", "soon"), ("security.protocol", "TELNET")]
)
def test_kafka_settings_that_no_client_takes(tmp_path: Path, name: str, value: str) -> None:
    """An unknown property or a value it cannot have: exit 2 and its name at once, without waiting for the broker."""
    url = f"sqlite:///{tmp_path}/log.db"
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    (tmp_path / "slackwater.toml").write_text(
        f'log = "{url}"\nkafka = "127.0.0.1:9"\n[kafka_settings]\n"{name}" = "{value}"\n'
    )
    done = _sw(tmp_path, "worker")
    _said_once(done, 2, name)
    assert "waiting" not in done.stderr
    doctor = _sw(tmp_path, "doctor")
    assert doctor.returncode == 1
    assert name in doctor.stdout
    assert _sw(tmp_path, "jobs").returncode == 0


@pytest.mark.parametrize("name", ["", "a\nb", "w" * 101])
def test_bad_worker_name(tmp_path: Path, name: str) -> None:
    """What the log could not keep as the name of who vouched is refused at start: exit 2."""
    url = f"sqlite:///{tmp_path}/log.db"
    _said_once(_sw(tmp_path, "worker", "--name", name, SLACKWATER_LOG=url, SLACKWATER_KAFKA="127.0.0.1:9"), 2, "worker")


def test_bad_command_id(tmp_path: Path) -> None:
    """The same rule as on the control topic: exit 2, and the refusal stands in the log."""
    url = f"sqlite:///{tmp_path}/log.db"
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    _said_once(_sw(tmp_path, "pause", "a", "--command-id", "x" * 201, SLACKWATER_LOG=url), 2, "command id")
    refusals = _sw(tmp_path, "audit", "SELECT code FROM refusals", SLACKWATER_LOG=url)
    assert "bad_command_id" in refusals.stdout


@pytest.mark.parametrize("text", ["lgo = 'x'\n", "log = \n"])
def test_bad_config(tmp_path: Path, text: str) -> None:
    """An unknown option or a file that is no TOML is refused at start: exit 2."""
    (tmp_path / "slackwater.toml").write_text(text)
    _said_once(_sw(tmp_path, "jobs"), 2, "slackwater.toml")


def test_not_found_refused_usage(tmp_path: Path) -> None:
    """No such job is 4, an illegal verb 3, bad SQL and bad usage 2."""
    url = f"sqlite:///{tmp_path}/log.db"
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    _said_once(_sw(tmp_path, "pause", "ghost", SLACKWATER_LOG=url), 4, "ghost")
    (tmp_path / "a.sql").write_text("CREATE STREAM b WITH (topic='b') AS SELECT * FROM a")
    assert _sw(tmp_path, "deploy", "a.sql", SLACKWATER_LOG=url).returncode == 0
    _said_once(_sw(tmp_path, "pause", "a", SLACKWATER_LOG=url), 3, "legal now: start")
    (tmp_path / "b.sql").write_text("SELECT * FORM a")
    _said_once(_sw(tmp_path, "deploy", "b.sql", SLACKWATER_LOG=url), 2, "line 1")
    _said_once(_sw(tmp_path, "deploy", "none.sql", SLACKWATER_LOG=url), 2, "none.sql")
    assert _sw(tmp_path, "explode").returncode == 2


def test_unconfirmed_is_six(tmp_path: Path) -> None:
    """Accepted but not proved in time is exit 6, with the command id; asking again says it is already so."""
    url = f"sqlite:///{tmp_path}/log.db"
    assert _sw(tmp_path, "db", "upgrade", SLACKWATER_LOG=url).returncode == 0
    (tmp_path / "a.sql").write_text("CREATE STREAM b WITH (topic='b') AS SELECT * FROM a")
    assert _sw(tmp_path, "deploy", "a.sql", SLACKWATER_LOG=url).returncode == 0
    done = _sw(tmp_path, "start", "a", "--timeout", "0.2", SLACKWATER_LOG=url)
    assert done.returncode == 6
    assert "slackwater worker" in done.stderr
    again = _sw(tmp_path, "start", "a", "--wait", "no", "--output", "json", SLACKWATER_LOG=url)
    assert again.returncode == 0
    assert '"changed": false' in again.stdout
