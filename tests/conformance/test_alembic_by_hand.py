"""`alembic` from the root of the repository, without alembic.ini: on the log that SLACKWATER_LOG names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.tidy.product import ROOT

from slackwater.persistence import tables as t
from slackwater.persistence.open import open_store


def _alembic(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    around = {name: value for name, value in os.environ.items() if name != "SLACKWATER_LOG"}
    command = [sys.executable, "-m", "alembic", *words]
    return subprocess.run(command, cwd=ROOT, env={**around, **env}, capture_output=True, text=True, check=False)


def test_a_log_made_by_hand(sqlite_url: str) -> None:
    """It is the log that `db upgrade` makes, and `current` says where it stands."""
    assert _alembic("upgrade", "head", SLACKWATER_LOG=sqlite_url).returncode == 0
    assert t.SCHEMA_HEAD in _alembic("current", SLACKWATER_LOG=sqlite_url).stdout
    open_store(sqlite_url).close()


@pytest.mark.parametrize("words", [("current",), ("downgrade", "0001")])
def test_a_look_makes_no_log(sqlite_url: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Only an upgrade may; a log that is not there is told in one line."""
    done = _alembic(*words, SLACKWATER_LOG=sqlite_url)
    assert done.returncode != 0
    assert "there is no file" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_no_log_is_named() -> None:
    """What is missing is named."""
    done = _alembic("current")
    assert done.returncode != 0
    assert "set SLACKWATER_LOG" in done.stdout + done.stderr
