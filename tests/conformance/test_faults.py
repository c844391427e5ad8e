"""What happens when the database, or someone in it, misbehaves."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.persistence.errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable, UnreadableEvent
from slackwater.persistence.open import open_store
from slackwater.persistence.postgresql import PostgresDialect
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.store import Unreadable
from slackwater.persistence.verify import verify

from .conftest import Intruder, driver_url
from .event_store_suite import SPEC, command, running


def opened(url: str) -> SqlStore:
    store = open_store(url, create=True)
    assert isinstance(store, SqlStore)
    return store


def test_what_the_database_cannot_read_is_not_asked_again(postgres_url: str) -> None:
    """It is nobody's outage: an error at once, and one that no retry mends."""
    store = opened(postgres_url)
    with pytest.raises(StoreError) as error:
        store.result("a\0b")
    assert (error.value.code, error.value.retryable) == ("bad_value", False)
    store.close()


@pytest.mark.parametrize("table", ["event", "command"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "REPLACE", "TRUNCATE"])
def test_guards(url: str, intruder: Intruder, table: str, verb: str) -> None:
    """The database itself refuses to change or remove what was appended."""
    store = opened(url)
    running(store)
    sqlite = url.startswith("sqlite")
    if verb in {"REPLACE", "TRUNCATE"} and sqlite == (verb == "TRUNCATE"):
        pytest.skip(f"there is no {verb} here")
    statement = {
        "UPDATE": f"UPDATE {table} SET actor = 'eve'",
        "DELETE": f"DELETE FROM {table}",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        "TRUNCATE": f"TRUNCATE {table}",
    }[verb]
    with pytest.raises(DBAPIError, match="append-only"):
        intruder(statement)
    assert verify(store).ok
    store.close()


@pytest.mark.parametrize("name", ["event_no_update", "event_no_delete", "command_no_update"])
def test_missing_guard_is_refused(url: str, intruder: Intruder, name: str) -> None:
    """A log whose guard is gone is not opened."""
    opened(url).close()
    intruder(f"DROP TRIGGER {name}" + ("" if url.startswith("sqlite") else f" ON {name.split('_')[0]}"))
    with pytest.raises(StoreRefused) as refused:
        open_store(url)
    assert refused.value.code == "guard_missing"


@pytest.mark.parametrize(("version", "code"), [("0000", "schema_older"), ("9999", "schema_newer")])
def test_other_schema_is_refused(url: str, intruder: Intruder, version: str, code: str) -> None:
    """A log of another schema version is not opened, and the hint says what to do."""
    opened(url).close()
    intruder(f"UPDATE alembic_version SET version_num = '{version}'")
    with pytest.raises(StoreRefused) as refused:
        open_store(url)
    assert refused.value.code == code
    assert refused.value.hint


def test_no_schema_is_refused(url: str) -> None:
    """An empty database is no log."""
    with pytest.raises(StoreRefused) as refused:
        open_store(url)
    assert refused.value.code == "no_schema"


def without_guards(url: str) -> list[str]:
    if url.startswith("sqlite"):
        return ["DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete", "DROP TRIGGER event_no_replace"]
    return ["ALTER TABLE event DISABLE TRIGGER ALL"]


@pytest.mark.parametrize("point", range(13))
def test_a_crash_between_statements_leaves_nothing_or_everything(url: str, point: int) -> None:
    """Whatever statement of an append is the last one, the log has all of the command or nothing, and it can be repeated."""
    store = opened(url)
    running(store)
    before = store.head().seq
    left = [point]

    def crash(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("the process died here")

    event.listen(store._engine, "before_cursor_execute", crash)
    try:
        store.handle(command("p", Pause("why")))
    except RuntimeError:
        pass
    finally:
        event.remove(store._engine, "before_cursor_execute", crash)
    assert store.head().seq in {before, before + 1}
    assert (store.result("p") is None) == (store.head().seq == before)
    assert store.handle(command("p", Pause("why"))).changed
    assert store.head().seq == before + 1
    assert verify(store).ok
    store.close()


def test_unknown_commit_is_resolved(url: str) -> None:
    """The reply to COMMIT is lost: asking again finds the command, and there is exactly one event."""
    store = opened(url)
    lost = [True]

    def lose(connection: Any) -> None:
        if connection.get_execution_options().get("write") and lost[0]:
            lost[0] = False
            connection.connection.driver_connection.commit()
            raise DBAPIError("COMMIT", None, OSError("connection lost"), connection_invalidated=True)

    event.listen(store._engine, "commit", lose)
    result = store.handle(command("d", Deploy(SPEC)))
    assert not lost[0]
    assert result.changed
    assert store.head().seq == 1
    assert verify(store).ok
    store.close()


def test_stuck_appender_is_busy_not_a_hang(url: str) -> None:
    """Someone holds the log: a typed, retryable error in bounded time; it works once the lock is free."""
    store = opened(url)
    engine = create_engine(driver_url(url))
    with engine.connect() as holder:
        if url.startswith("sqlite"):
            holder.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
            holder.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            holder.execute(text("SELECT * FROM chain FOR UPDATE"))
        failed: list[StoreError] = []

        def ask() -> None:
            try:
                store.handle(command("d", Deploy(SPEC)))
            except StoreError as error:
                failed.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(40)
        assert not thread.is_alive()
        assert isinstance(failed[0], StoreBusy)
        assert failed[0].retryable
        holder.rollback()
    engine.dispose()
    assert store.handle(command("d", Deploy(SPEC))).changed
    store.close()


def test_damaged_file_is_refused(sqlite_url: str) -> None:
    """A file that is no database any more is refused, not repaired."""
    path = sqlite_url.removeprefix("sqlite:///")
    opened(sqlite_url).close()
    with open(path, "r+b") as file:
        file.write(b"garbage!" * 512)
    with pytest.raises(StoreRefused) as refused:
        open_store(sqlite_url)
    assert refused.value.code == "corrupt"


@pytest.mark.parametrize(
    ("wrong", "code"), [("nonsense", "bad_url"), ("oracle://x", "bad_url"), ("sqlite://", "not_durable")]
)
def test_bad_urls(wrong: str, code: str) -> None:
    """What is no log's URL is refused with a hint."""
    with pytest.raises(StoreRefused) as refused:
        open_store(wrong)
    assert refused.value.code == code
    assert refused.value.hint


def test_wrong_database_and_password(postgres_url: str) -> None:
    """A database that is not there, and a user that is not let in, are told apart; the password is never shown."""
    with pytest.raises(StoreUnavailable) as unavailable:
        open_store(postgres_url.replace("/sw_", "/no_"))
    assert unavailable.value.code == "store_unreachable"
    with pytest.raises(StoreError) as refused:
        open_store(postgres_url.replace("postgres:@", "eve:canary-secret@"))
    assert "canary-secret" not in str(refused.value)


def test_unsafe_postgres_is_refused(postgres_url: str, postgres_server: Any) -> None:
    """A server that forgets commits at a crash is refused."""
    opened(postgres_url).close()
    name = postgres_url.split("?")[0].rsplit("/", 1)[1]
    postgres_server.psql(f"ALTER DATABASE {name} SET synchronous_commit = off;")
    with pytest.raises(StoreRefused) as refused:
        open_store(postgres_url)
    assert refused.value.code == "unsafe_settings"


def test_unknown_event_is_refused_not_skipped(url: str, intruder: Intruder) -> None:
    """An event this version cannot read stops the reader with a clear error that names it; who scans goes on after it."""
    store = opened(url)
    running(store)
    intruder(*without_guards(url), "UPDATE event SET schema_version = 9 WHERE seq = 2")
    for read in (lambda: store.read(), lambda: store.history("orders_big")):
        with pytest.raises(UnreadableEvent, match="event 2 of orders_big") as refused:
            read()
        assert (refused.value.code, refused.value.seq, refused.value.retryable) == ("unknown_event", 2, False)
    found = store.scan()
    assert [one.seq for one in found] == [1, 2, 3, 4]
    assert [one.seq for one in found if isinstance(one, Unreadable)] == [2]
    store.close()


def test_a_value_no_database_can_hold(url: str) -> None:
    """It is refused at once, as an error that asking again does not mend."""
    store = opened(url)
    unfit = ["\ud800"] if url.startswith("sqlite") else ["\ud800", "a\0b"]
    for id in unfit:
        with pytest.raises(StoreError) as refused:
            store.result(id)
        assert (refused.value.code, refused.value.retryable) == ("bad_value", False)
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT '1'::text::date",
        "SELECT 1/0",
        "SELECT E'\\xff'::text",
        "INSERT INTO wide SELECT string_agg(md5(i::text), '') FROM generate_series(1, 999) i",
    ],
)
def test_values_postgres_refuses(postgres_url: str, statement: str) -> None:
    """SQLSTATE classes 22 and 54 say that a value does not fit: no retry, and never "the server cannot be reached"."""
    engine = create_engine(driver_url(postgres_url))
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE wide (it text PRIMARY KEY)")
        with pytest.raises(DBAPIError) as failed:
            connection.exec_driver_sql(statement)
    engine.dispose()
    error = PostgresDialect().translate(failed.value)
    assert (error.code, error.retryable) == ("bad_value", False)


def test_a_mistyped_file_is_not_made(tmp_path: Path) -> None:
    """Opening what is not there is refused, says so, and leaves nothing behind; also when the file goes while it is open."""
    with pytest.raises(StoreRefused, match=r"lgo\.db") as refused:
        open_store(f"sqlite:///{tmp_path}/lgo.db")
    assert refused.value.code == "no_schema"
    assert list(tmp_path.iterdir()) == []
    store = opened(f"sqlite:///{tmp_path}/log 5%.db")
    assert (tmp_path / "log 5%.db").exists()
    store._engine.dispose()
    for file in list(tmp_path.iterdir()):
        file.unlink()
    with pytest.raises(StoreUnavailable):
        store.head()
    assert list(tmp_path.iterdir()) == []
    store.close()


def test_a_locked_log_says_nothing_on_stdout(tmp_path: Path) -> None:
    """Whoever asked for JSON gets JSON, however often the store had to ask again."""
    url = f"sqlite:///{tmp_path}/log.db"
    store = opened(url)
    running(store)
    store.close()
    holder = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    command = [sys.executable, "-m", "slackwater", "--log", url, "pause", "orders_big", "--wait", "no", "-o", "json"]
    asking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(7.0)  # the busy timeout is 5 s: the first attempt fails, a later one succeeds
        holder.close()
        out, err = asking.communicate(timeout=30)
    finally:
        asking.kill()
        asking.wait()
    assert asking.returncode == 0, err
    assert json.loads(out)["job"] == "orders_big"


def test_upgrade_by_two_at_once(url: str) -> None:
    """Two that make the log at once both succeed."""
    failed: list[BaseException] = []

    def make() -> None:
        try:
            open_store(url, create=True).close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
