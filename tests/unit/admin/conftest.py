"""The command line in this process, over a log with three labelled jobs and no workers."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from slackwater.admin.cli import main
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

LABELS = {"a": "team=payments", "b": "team=payments", "c": "team=orders"}


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def store(tmp_path: Path) -> EventStore:
    return open_store(f"sqlite:///{tmp_path}/log.db", create=True)


@pytest.fixture
def run(store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Runs the command with words; three labelled jobs are deployed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACKWATER_LOG", f"sqlite:///{tmp_path}/log.db")

    def run_words(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["slackwater", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Done(int(end.value.code or 0), said.out, said.err)

    for name, label in LABELS.items():
        Path(f"{name}.sql").write_text(
            f"-- @label: {label}\nCREATE STREAM {name}_out WITH (topic='{name}') AS SELECT * FROM t"
        )
        assert run_words("deploy", f"{name}.sql").code == 0
    return run_words
