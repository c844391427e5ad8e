"""DuckDB locked down: whatever SQL gets there, it reaches nothing, and it ends."""

import threading

import duckdb
import pyarrow as pa
import pytest

from slackwater.streams.locked_duckdb import LockedDuckDB


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')", "COPY (SELECT 1) TO '/tmp/slackwater_engine'", "ATTACH '/tmp/slackwater_engine.db'",
        "INSTALL httpfs", "LOAD httpfs", "EXPORT DATABASE '/tmp/slackwater_engine'", "SET threads = 8", "RESET threads",
        "SET memory_limit = '64GB'", "SET enable_external_access = true", "SET lock_configuration = false",
        "SET temp_directory = '/tmp'", "CREATE SECRET (TYPE s3)",
    ],
)  # fmt: skip
def test_locked_down(statement: str) -> None:
    """Even SQL that got past the plan reads no file, writes none, loads nothing and changes no setting."""
    box = LockedDuckDB()
    with pytest.raises(duckdb.Error):
        box.connection.execute(statement).fetchall()


def test_python_objects_are_out_of_reach() -> None:
    """A name in SQL is never a variable of the program."""
    box = LockedDuckDB()
    secrets = [1]
    with pytest.raises(duckdb.Error):
        box.connection.execute("SELECT * FROM secrets").fetchall()
    assert secrets


def test_a_query_ends() -> None:
    """A query that would never end is interrupted, and the connection serves the next."""
    box, batch = LockedDuckDB(), pa.table({"n": [1]})
    with pytest.raises(duckdb.InterruptException):
        box.query("SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c, batch", batch, 0.1)
    assert box.query("SELECT n FROM batch", batch).num_rows == 1
    box.close()
    box.close()


def test_a_query_begins_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no memory for a thread, whoever begins one waits for ever: after the first query none does."""
    box, batch = LockedDuckDB(), pa.table({"n": [1]})
    box.query("SELECT n FROM batch", batch)
    monkeypatch.delattr(threading.Thread, "start")
    assert box.query("SELECT n FROM batch", batch).num_rows == 1
    box.close()
