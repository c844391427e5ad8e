"""An audit query reads, and can do nothing else: by rights, not by how it is worded."""

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from slackwater.admin.cli import main
from slackwater.core.control.pause import Pause
from slackwater.persistence import audit, postgresql_question, snapshots
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


WRITES = [
    "DELETE FROM job",
    "UPDATE chain SET seq = 0",
    "UPDATE pauses SET actor = 'eve'",
    "DELETE FROM pauses",
    "WITH eve AS (SELECT 'eve' AS name) UPDATE event SET actor = (SELECT name FROM eve)",
    "UPDATE event SET actor = 'eve' RETURNING seq",
    "INSERT INTO nowhere VALUES (1)",
    "/* SELECT */ DROP TABLE event",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM job",
    "BEGIN",
    "",
]


@pytest.mark.parametrize("sql", WRITES)
def test_what_writes_is_no_query(store: SqlStore, sql: str) -> None:
    """It has the same code on both databases, however the database puts it; a SELECT that is wrong has another."""
    with pytest.raises(AuditQueryError) as refused:
        store.query(sql)
    assert refused.value.code == "not_a_query"
    with pytest.raises(AuditQueryError) as refused:
        store.query("SELECT nothing FROM nowhere")
    assert refused.value.code == "query_failed"


def test_what_looks_like_a_parameter(store: SqlStore) -> None:
    """A colon in a text, a name or a comment is none."""
    sql = """SELECT ' :abc', ':v', 'it''s :v' AS ":v" -- :v
        /* :v */"""
    for parameters in ({}, {"v": 1}):
        asked = store.query(sql, parameters)
        assert (asked.rows, asked.columns[2]) == (((" :abc", ":v", "it's :v"),), ":v")
    assert store.query("SELECT job_id FROM events WHERE seq = :seq", {"seq": "1"}).rows == (("orders_big",),)
    quoted = "it's \\ :v"
    assert store.query("SELECT :text || :v", {"text": quoted, "v": "x"}).rows == ((f"{quoted}x",),)


def test_a_large_answer_is_refused(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """All cells together have a bound in bytes, and so has one value; what is under it is given."""
    monkeypatch.setattr(audit, "AUDIT_BYTES_MAX", 1_000_000)
    monkeypatch.setattr(postgresql_question, "AUDIT_BYTES_MAX", 1_000_000)
    text = "replace('0123456789', '0', '{}')".format("x" * 9000)
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i, {} FROM n"
    assert len(store.query(many.format(100, text)).rows) == 100
    one = {"sqlite": "zeroblob(50000000)", "postgresql": "repeat('x', 1073741824)"}[store._engine.dialect.name]
    for sql in (many.format(200, text), many.format(100, one), f"SELECT {one}"):
        with pytest.raises(AuditQueryError) as refused:
            store.query(sql)
        assert refused.value.code == "too_large"
        assert refused.value.hint is not None


def test_one_long_function_keeps_nobody_waiting(sqlite_url: str) -> None:
    """Whoever asks SQLite is answered in time, though a function that runs looks at nothing; it has not much to work on."""
    store = opened(sqlite_url)
    long = "instr(printf('%.*c', {0}, 'a'), printf('%.*c', {0} / 2, 'a') || 'b')"
    began = time.monotonic()
    with pytest.raises(AuditQueryError) as ended:
        store.query(f"SELECT {long.format(600_000)}", timeout_s=0.5)
    assert ended.value.code == "query_timeout"
    assert time.monotonic() - began < 3
    with pytest.raises(AuditQueryError) as ended:
        store.query("SELECT length(replace(hex(zeroblob(400000)), '0', 'aaaa'))")
    assert ended.value.code == "too_large"
    store.close()


@pytest.mark.parametrize(
    ("sql", "type"),
    [
        ("varchar(3) 'abc'", str), ("char(3) 'abc'", str), ("1.50::numeric(4,2)", Decimal), ("B'101'", str),
        ("NULL", type(None)), ("ARRAY['a', NULL]", list), ("now()", datetime),
        ("interval '1 day'", timedelta), ("'{}'::jsonb", dict),
        ("3::bigint", int), ("true", bool), ("'a'::bytea", bytes), ("'x'::\"char\"", str), ("uuid_nil()", UUID),
    ],
)  # fmt: skip
def test_columns_keep_their_types(postgres_url: str, sql: str, type: type) -> None:
    """How a query is kept to reading does not show in what it gives; two columns may have one name."""
    store = opened(postgres_url)
    sql = sql.replace("uuid_nil()", "'00000000-0000-0000-0000-000000000000'::uuid")
    asked = store.query(f"SELECT {sql} AS a, {sql} AS a")
    assert asked.columns == ("a", "a")
    assert isinstance(asked.rows[0][1], type)
    store.close()


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


@pytest.fixture
def auditor_url(worker_url: str, postgres_server: Any) -> str:
    """The log as a login that is a member of `slackwater_reader`, and of nothing else."""
    if "an_auditor" not in postgres_server.psql("SELECT rolname FROM pg_roles"):
        postgres_server.psql("CREATE USER an_auditor; GRANT slackwater_reader TO an_auditor;")
    return worker_url.replace("a_worker:@", "an_auditor:@")


ESCAPES = [
    "SELECT set_config('role', 'none', true), query_to_xml('{}', true, true, '')",
    "SELECT set_config('role', 'none', false), query_to_xml('{}', true, true, '')",
    "SELECT set_config('role', session_user::text, true), query_to_xml('{}', true, true, '')",
    "SELECT set_config('session_authorization', session_user::text, true), query_to_xml('{}', true, true, '')",
    "SELECT query_to_xml('RESET ROLE', true, true, ''), query_to_xml('{}', true, true, '')",
    "SELECT query_to_xml('{}', true, true, '')",
    "WITH a AS MATERIALIZED (SELECT set_config('role', 'none', true)) SELECT query_to_xml('{}', true, true, '') FROM a",
]


READER = "slackwater_reader"


@pytest.mark.parametrize(
    ("who", "reader"),
    [("postgres_url", READER), ("worker_url", READER), ("auditor_url", READER), ("postgres_url", "pg_read_all_data")],
)
def test_a_query_stays_who_it_is(request: pytest.FixtureRequest, postgres_url: str, who: str, reader: str) -> None:
    """Whoever connects, also a superuser, and where no role was made: from inside the query there is no way back to what
    else they may do, to end another's session or to read the server's files."""
    owner = opened(postgres_url)
    with owner._engine.begin() as connection:
        if reader != READER:
            connection.exec_driver_sql(f"DO 'BEGIN REVOKE ALL ON events FROM {READER}; EXCEPTION WHEN OTHERS THEN END'")
    owner.close()
    store = open_store(request.getfixturevalue(who))
    victim = create_engine(driver_url(postgres_url)).connect()
    pid = victim.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    assert store.query("SELECT current_user, session_user = current_user").rows == ((reader, False),)
    wishes = (f"SELECT pg_terminate_backend({pid})", "SELECT pg_read_file(''PG_VERSION'')", "SELECT pg_ls_dir(''.'')")
    for escape in ESCAPES:
        for wish in wishes:
            with pytest.raises(AuditQueryError) as refused:
                store.query(escape.format(wish))
            assert refused.value.code in {"not_a_query", "query_failed"}, escape
    assert victim.exec_driver_sql("SELECT 1").scalar() == 1
    victim.close()
    victim.engine.dispose()
    store.close()


def test_an_auditor_of_their_own(auditor_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A login that is a member of `slackwater_reader` only can ask everything, and can do nothing."""
    owner = opened(postgres_url)
    running(owner)
    monkeypatch.setenv("SLACKWATER_LOG", auditor_url)

    def said(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["slackwater", *words])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return int(end.value.code or 0), told.out + told.err

    with tempfile.TemporaryDirectory() as place:
        for words in (
            ("audit", "SELECT current_user, count(*) FROM pauses"), ("export", "--to", f"{place}/x"), ("verify",), ("jobs",),
            ("history", "orders_big"), ("state-as-of", "--seq", "4"), ("show", "orders_big"),
        ):  # fmt: skip
            assert said(*words)[0] == 0, words
    before = owner.head()
    assert said("pause", "orders_big", "--no-wait", "--reason", "x")[0] != 0
    assert owner.head() == before
    owner.close()
    engine = create_engine(driver_url(auditor_url))
    for statement in (
        "UPDATE event SET actor = 'eve'",
        "DELETE FROM event",
        "INSERT INTO snapshot SELECT * FROM snapshot",
        "UPDATE chain SET seq = 0",
        "DELETE FROM job",
        "TRUNCATE event",
        "DROP VIEW pauses",
        "SELECT pg_read_file('PG_VERSION')",
        "SET ROLE slackwater_app",
    ):
        with engine.connect() as connection, pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            connection.exec_driver_sql(statement)
    engine.dispose()
