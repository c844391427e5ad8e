"""An audit query reads, and can do nothing else: by rights, not by how it is worded."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from slackwater.core.control.pause import Pause
from slackwater.persistence import audit, snapshots
from slackwater.persistence.errors import AuditQueryError, StoreUnavailable
from slackwater.persistence.open import open_store
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.store import Snapshot
from slackwater.persistence.verify import verify

from .conftest import driver_url
from .event_store_suite import command, running
from .test_faults import opened

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {} FROM n"
REFUSED = [
    "",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM job",
    "SELECT * FROM nowhere",
    "DELETE FROM job",
    "UPDATE chain SET seq = 0",
    "INSERT INTO chain SELECT 2, seq, hash FROM chain",
    "CREATE TEMPORARY TABLE mine (a integer)",
    "DROP VIEW pauses",
    "BEGIN",
    "COMMIT",
    "ROLLBACK; DELETE FROM job",
    # SQLite.
    "PRAGMA journal_mode = DELETE",
    "PRAGMA query_only = OFF",
    "SELECT * FROM pragma_journal_mode('delete')",
    "ATTACH 'elsewhere.db' AS elsewhere",
    "VACUUM INTO 'elsewhere.db'",
    "SELECT load_extension('elsewhere')",
    "SELECT writefile('elsewhere', 'x')",
    "SELECT readfile('/etc/hostname')",
    # PostgreSQL.
    "WITH gone AS (DELETE FROM job RETURNING id) SELECT id FROM gone",
    "SELECT * INTO mine FROM job",
    "SELECT id FROM job FOR UPDATE",
    "SELECT nextval('counter')",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_export(1, 'elsewhere')",
    "COPY job TO STDOUT",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SET transaction_read_only = off",
]


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    found = opened(url)
    running(found)
    yield found
    found.close()


def test_refused(store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is not one SELECT that only reads is an AuditQueryError, and neither the log nor a file is touched."""
    monkeypatch.chdir(tmp_path)
    if store._engine.dialect.name == "postgresql":
        with store._engine.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE counter")
    codes: dict[str, str] = {}
    for sql in REFUSED:
        with pytest.raises(AuditQueryError) as refused:
            store.query(sql)
        codes[sql] = refused.value.code
    assert set(codes.values()) == {"not_a_query", "query_failed"}
    assert {path.name for path in tmp_path.iterdir()} <= {"log.db", "log.db-wal", "log.db-shm"}
    assert verify(store).ok


def test_parameters_and_texts(store: SqlStore) -> None:
    """`:name` is a parameter on both databases, and a percent sign is one."""
    asked = store.query("SELECT job_id, 7 % 4 FROM job_history WHERE version = :v AND actor LIKE 'a%'", {"v": 1})
    assert asked.rows == (("orders_big", 3),)
    assert asked.columns[0] == "job_id"


def test_a_query_that_takes_too_long_is_ended(store: SqlStore) -> None:
    """It ends at its deadline with an error that says so, and the store goes on."""
    began = time.monotonic()
    with pytest.raises(AuditQueryError, match="longer than") as ended:
        store.query(ENDLESS.format("count(*)"), timeout_s=0.5)
    assert ended.value.code == "query_timeout"
    assert time.monotonic() - began < 5
    assert store.query("SELECT count(*) FROM events").rows == ((4,),)


def test_ctrl_c_ends_a_query(store: SqlStore) -> None:
    """Also while the database works and no line of Python runs."""
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        store.query(ENDLESS.format("count(*)"), timeout_s=20)
    assert time.monotonic() - began < 5
    timer.join()


def test_rows_are_never_cut_off_in_silence(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rows as allowed are given; one more is an error that says so, and no endless answer fills the memory."""
    monkeypatch.setattr(audit, "AUDIT_ROWS_MAX", 4)
    assert len(store.query("SELECT seq FROM events").rows) == 4
    for sql in ("SELECT seq FROM events UNION ALL SELECT 5", ENDLESS.format("i")):
        with pytest.raises(AuditQueryError, match="more than 4 rows") as cut:
            store.query(sql)
        assert cut.value.code == "too_many_rows"


def test_a_server_that_is_away_is_no_bad_query(postgres_url: str) -> None:
    """It can be asked again."""
    store = opened(postgres_url)
    engine = create_engine(driver_url(postgres_url.replace("/sw_", "/no_")))
    with pytest.raises(StoreUnavailable):
        SqlStore(engine, store._dialect).query("SELECT 1")
    store.close()


ROLES = ("slackwater_app", "slackwater_reader")


@pytest.fixture
def worker_url(postgres_url: str, postgres_server: Any) -> str:
    """The log as a user who may append and read, and owns nothing."""
    there = postgres_server.psql("SELECT rolname FROM pg_roles")
    for role in ROLES:
        if role not in there:
            postgres_server.psql(f"CREATE ROLE {role};")
    if "a_worker" not in there:
        postgres_server.psql("GRANT slackwater_reader TO slackwater_app; CREATE USER a_worker IN ROLE slackwater_app;")
    opened(postgres_url).close()
    return postgres_url.replace("postgres:@", "a_worker:@")


def test_who_appends_need_not_own(worker_url: str) -> None:
    """A user with the rights of `slackwater_app` runs jobs and asks; it can change, remove and unguard nothing."""
    store = open_store(worker_url)
    running(store)
    assert store.handle(command("p", Pause("why"))).changed
    assert verify(store).ok
    for _ in range(2):  # made, and made anew
        store._database.writing(lambda connection: snapshots.keep(connection, Snapshot(99, bytes(32))))
    assert store.query("SELECT current_user, count(*) FROM pauses, holds").rows == (("slackwater_reader", 0),)
    store.close()
    engine = create_engine(driver_url(worker_url))
    for statement in (
        "UPDATE event SET actor = 'eve'",
        "DELETE FROM event",
        "TRUNCATE event",
        "UPDATE command SET actor = 'eve'",
        "DELETE FROM job",
        "DELETE FROM chain",
        "ALTER TABLE event DISABLE TRIGGER event_no_update",
        "DROP TRIGGER event_no_update ON event",
        "DROP VIEW pauses",
    ):
        with engine.connect() as connection, pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            connection.exec_driver_sql(statement)
    engine.dispose()
