"""The log as a file: what was in it comes back, can be checked, and never takes another file's place unasked."""

import errno
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.web.story import Story

from slackwater import Admin
from slackwater.admin import errors, export
from slackwater.core.codec import event_from
from slackwater.core.control.pause import Pause
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.recorded import Recorded
from slackwater.persistence.rows import hash_again
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.store import EventStore

from .conftest import Run

PAGE = Path(__file__).parents[3] / "docs" / "audit.md"


@pytest.fixture
def admin(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> Admin:
    """Two jobs and the policy, told in pages of three events."""
    monkeypatch.setattr(export, "CHUNK_EVENTS", 3)
    story = Story(store)
    for job in ("a", "b"):
        story.run(job, 180)
    admin = Admin(store)
    admin.set_flag("some", reason="“wave” 1\n — ☃")
    story.pause("a", 120, Pause("line 1\nline 2", "night"), "Зоя")
    return admin


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield {**row, "at": datetime.fromisoformat(row["at"])}


def _table(path: Path) -> Iterator[dict[str, Any]]:
    for row in pq.read_table(path).to_pylist():
        yield {**row, "data": json.loads(row["data"])}


READ = {"jsonl": _lines, "parquet": _table}


def read(path: Path, format: str) -> list[Recorded]:
    return [
        Recorded(
            row["seq"], row["job_id"], row["version"], row["epoch"], row["at"], row["actor"], row["channel"],
            row["command_id"], event_from(row["event"], row["schema_version"], row["data"]), row["schema_version"],
            bytes.fromhex(row["prev_hash"]), bytes.fromhex(row["hash"]),
        )
        for row in READ[format](path)
    ]  # fmt: skip


@pytest.mark.parametrize("format", READ)
def test_there_and_back(admin: Admin, tmp_path: Path, format: str) -> None:
    """Every event comes back as it was, in order, and each fits its hash."""
    path = tmp_path / "events"
    done = admin.export(path, format)
    events = list(admin.store.read())
    found = read(path, format)
    assert found == events
    assert all(hash_again(one) == one.hash for one in found)
    assert (done.events, done.first_seq, done.last_seq, done.hash) == (len(events), 1, len(events), events[-1].hash.hex())
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith((".", "events"))] == ["events"]


@pytest.mark.parametrize("format", READ)
def test_a_part_of_it(admin: Admin, tmp_path: Path, format: str) -> None:
    """From and to an event or a time, of one job or of the policy; nothing is an answer too."""
    events = list(admin.store.read())
    last = events[-1].seq
    a = [one for one in events if one.job_id == "a"]
    paused_at = a[-1].at
    for asked, expected in (
        ({"first": 3, "last": 7}, events[2:7]),
        ({"job": "a"}, a),
        ({"job": "a", "first": 5, "last": last - 1}, [one for one in a if 5 <= one.seq < last]),
        ({"job": POLICY_ID}, [one for one in events if one.job_id == POLICY_ID]),
        ({"first": paused_at}, [one for one in events if one.at >= paused_at]),
        ({"last": events[0].at}, [one for one in events if one.at == events[0].at]),
        ({"first": last + 1}, []),
    ):
        path = tmp_path / "part"
        admin.export(path, format, force=True, **asked)  # type: ignore[arg-type]
        assert read(path, format) == expected, asked


@pytest.mark.parametrize("format", READ)
def test_what_it_cannot_read(admin: Admin, store: SqlStore, tmp_path: Path, format: str) -> None:
    """An event of a newer version, or one that was garbled, goes out as it stands; only one whose time is none cannot."""
    path = tmp_path / "events"
    with sqlite3.connect(str(store._engine.url.database)) as raw:
        raw.execute("DROP TRIGGER event_no_update")
        raw.execute("UPDATE event SET schema_version = 9, type = 'JobDreamt', data = '{\"of\":[1]}' WHERE seq = 2")
        raw.execute("UPDATE event SET data = 'no JSON' WHERE seq = 3")
    for asked, seqs in (({}, {2, 3}), ({"job": "a"}, {2, 3})):
        done = admin.export(path, format, force=True, **asked)  # type: ignore[arg-type]
        text = pq.read_table(path).to_pylist() if format == "parquet" else list(_lines(path))
        rows = {row["seq"]: row for row in text}
        assert done.events == len(rows)
        assert seqs <= rows.keys()
        assert (rows[2]["schema_version"], rows[2]["event"]) == (9, "JobDreamt")
        assert rows[2]["data"] in ({"of": [1]}, '{"of":[1]}')
        assert rows[3]["data"] in ("no JSON", '"no JSON"')
        assert bytes.fromhex(rows[2]["hash"]) == store.scan(1, 1)[0].hash
    with sqlite3.connect(str(store._engine.url.database)) as raw:
        raw.execute("UPDATE event SET at = 'once' WHERE seq = 2")
    with pytest.raises(errors.SlackwaterError, match="event 2 of") as refused:
        admin.export(path, format, force=True)
    assert refused.value.code == "unknown_event"
    raw.close()


def test_from_the_first_time_there_is(admin: Admin, tmp_path: Path) -> None:
    """No time is before it; the whole log comes after it."""
    found = admin.export(tmp_path / "all", first=datetime.min.replace(tzinfo=UTC))
    assert (found.first_seq, found.last_seq) == (1, admin.store.head().seq)


def test_what_it_refuses(admin: Admin, tmp_path: Path) -> None:
    """A file that is there, a place that is none, a moment, a job or a format that is none; nothing is left behind."""
    there = tmp_path / "there"
    there.write_text("precious")
    now = datetime.now().astimezone()
    for path, asked, code in (
        (there, {}, "file_exists"),
        (tmp_path / "no" / "file", {}, "file_not_writable"),
        (there / "file", {}, "file_not_writable"),
        (tmp_path / ("x" * 256), {}, "file_not_writable"),
        (tmp_path / "x", {"format": "xml"}, "bad_format"),
        (tmp_path / "x", {"first": 0}, "bad_position"),
        (tmp_path / "x", {"last": 999}, "bad_position"),
        (tmp_path / "x", {"last": now + timedelta(days=1)}, "bad_time"),
        (tmp_path / "x", {"first": 5, "last": 2}, "bad_range"),
        (tmp_path / "x", {"first": 5, "last": 4}, "bad_range"),
        (tmp_path / "x", {"first": now, "last": now - timedelta(days=1)}, "bad_range"),
        (tmp_path / "x", {"first": now, "last": 1}, "bad_range"),
        (tmp_path / "x", {"first": now.replace(tzinfo=None)}, "bad_time"),
        (tmp_path / "x", {"job": "ghost"}, "no_such_job"),
    ):
        before = {file.name for file in tmp_path.iterdir() if not file.name.startswith("log.db")}
        with pytest.raises(errors.SlackwaterError) as refused:
            admin.export(path, **asked)  # type: ignore[arg-type]
        assert refused.value.code == code
        assert {file.name for file in tmp_path.iterdir() if not file.name.startswith("log.db")} == before
    assert there.read_text() == "precious"
    admin.export(there, force=True)
    assert len(read(there, "jsonl")) == admin.store.head().seq


@pytest.mark.parametrize("format", READ)
def test_completely_or_not_at_all(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    """What ends it half-way leaves the file that was there, also under --force; one that came meanwhile stays."""
    path = tmp_path / "events"
    path.write_text("before")
    real = admin.store.scan

    def broken(after: int, limit: int, job: str | None) -> Any:
        if after >= 6:
            raise KeyboardInterrupt
        return real(after, limit, job)

    monkeypatch.setattr(admin.store, "scan", broken)
    with pytest.raises(KeyboardInterrupt):
        admin.export(path, format, force=True)
    monkeypatch.setattr(admin.store, "scan", lambda *page: path.write_text("meanwhile") and real(*page))
    path.unlink()
    with pytest.raises(errors.InvalidCommand, match="there already"):
        admin.export(path, format)
    assert path.read_text() == "meanwhile"
    assert not list(tmp_path.glob(".*"))


def test_the_longest_name(admin: Admin, tmp_path: Path) -> None:
    """Whatever the file system takes for a name, the export does."""
    path = tmp_path / ("ж" * 127)
    admin.export(path)
    assert len(read(path, "jsonl")) == admin.store.head().seq


def test_where_no_file_has_two_names(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On vfat or SMB, which know no hard links, a file is made just so, and takes no other's place either."""

    def refused(*_: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "events"
    admin.export(path)
    assert len(read(path, "jsonl")) == admin.store.head().seq
    real = admin.store.scan
    monkeypatch.setattr(admin.store, "scan", lambda *page: path.write_text("meanwhile") and real(*page))
    path.unlink()
    with pytest.raises(errors.InvalidCommand, match="there already"):
        admin.export(path)
    assert path.read_text() == "meanwhile"
    assert not list(tmp_path.glob(".*"))


def test_checked_without_slackwater(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few lines of docs/audit.md pass over a file that was not touched, and over no other."""
    (check,) = re.findall(r"```python\n(import hashlib.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    admin.export("events.jsonl")
    exec(check, {})
    text = Path("events.jsonl").read_text("utf-8")
    for edit in (text.replace('"actor":"ana"', '"actor":"eve"', 1), "".join(text.splitlines(keepends=True)[:3] * 2)):
        Path("events.jsonl").write_text(edit, "utf-8")
        with pytest.raises(AssertionError):
            exec(check, {})


def test_on_the_command_line(run: Run, tmp_path: Path) -> None:
    """It says what it wrote; what makes no sense is exit 2, no such job 4."""
    told = json.loads(run("export", "--to", "x.parquet", "--format", "parquet", "--to-seq", "2", "-o", "json").out)
    assert (told["name"], told["events"], told["last_seq"]) == ("x.parquet", 2, 2)
    assert len(read(tmp_path / "x.parquet", "parquet")) == 2
    assert "3 events, 1 to 3" in run("export", "--to", "y", "--from-time", "2026-01-01").out
    for words, code in (
        (("--to", "y"), 2),
        (("--to", "."), 2),
        (("--to", ".", "--force"), 7),
        (("--to", "z", "--from-seq", "1", "--from-time", "2026-01-01"), 2),
        (("--to", "z", "--format", "xml"), 2),
        (("--to", "z", "--job", "ghost"), 4),
        (("--to", "no/z"), 7),
        (("--to", "y", "--force"), 0),
    ):
        assert run("export", *words).code == code, words
    assert not (tmp_path / "z").exists()
