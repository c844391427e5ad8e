"""Every revision, on both databases: guarded, nothing lost, and what the code expects."""

from collections.abc import Iterator

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tests.benchmarks.long_log import fill, seconds
from tests.tidy.product import ROOT

from slackwater.core.control.fail import Fail
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.coverage import Stance
from slackwater.migrations.audit_views import AUDIT_VIEWS
from slackwater.persistence import tables as t
from slackwater.persistence.open import open_store
from slackwater.persistence.postgresql import PostgresDialect
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.sqlite import SqliteDialect
from slackwater.persistence.upgrade import upgrade
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import ack, command, running

REVISIONS = ["0001", "0002", "0003", "0004", "0005"]
VIEWS = [view.split()[2] for view in AUDIT_VIEWS]


@pytest.fixture
def first(url: str) -> Iterator[SqlStore]:
    """A log as revision 0001 left it, with a life of every kind in it."""
    dialect = SqliteDialect() if url.startswith("sqlite") else PostgresDialect()
    upgrade(make_url(url), dialect, REVISIONS[0])
    store = SqlStore(dialect.engine(make_url(url)), dialect)
    for job in ("a", "b"):
        running(store, job)
    verbs = [
        ("a", Pause("why")),
        ("a", ack(2, Stance.STILL, 7)),
        ("b", Pause("all", "maintenance")),
        ("a", Pause("more", "budget")),
        ("a", Resume(None, "budget")),
        ("a", Resume(hold=None)),
        ("a", ack(3, Stance.RUNNING, 7)),
        ("a", Pause("again")),
        ("b", Pause("more")),
        ("b", ack(2, Stance.STILL, 8)),
        ("a", ack(4, Stance.STILL, 9)),
        ("a", Stop()),
        ("b", Fail("w-1", 2, "record_path", "it broke")),
        ("b", Start()),
        ("b", Resume(None, "maintenance")),
    ]
    for n, (job, verb) in enumerate(verbs):
        assert store.handle(command(f"{n}", verb, job)).changed, verb
    store.handle(command("refused", Start(), "ghost"))
    yield store
    store.close()


def test_every_revision_is_tried_here() -> None:
    """A new revision joins the list above, and is what the code expects."""
    found = [script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]
    assert sorted(found) == REVISIONS
    assert REVISIONS[-1] == t.SCHEMA_HEAD


@pytest.mark.parametrize("revision", REVISIONS)
def test_guards_stand_after_every_revision(first: SqlStore, url: str, revision: str, intruder: Intruder) -> None:
    """A revision may not lose a trigger: what was appended can be neither changed nor removed, and says what it said."""
    events, head = first.read(), first.head()
    upgrade(make_url(url), first._dialect, revision)
    with first._engine.connect() as connection:
        first._dialect.check(connection)
    for statement in ("UPDATE event SET actor = 'eve'", "DELETE FROM event", "UPDATE command SET actor = 'eve'"):
        with pytest.raises(DBAPIError, match="append-only"):
            intruder(statement)
    assert (first.read(), first.head()) == (events, head)
    upgrade(make_url(url), first._dialect)
    assert verify(first).ok


@pytest.mark.parametrize("view", VIEWS)
def test_an_upgraded_view_says_the_same(first: SqlStore, url: str, view: str) -> None:
    """Row for row what it said before; what it says more comes after it."""
    before = first.query(f"SELECT * FROM {view}")
    open_store(url, create=True).close()
    after = first.query(f"SELECT * FROM {view}")
    assert before.rows
    assert after.columns[: len(before.columns)] == before.columns
    rows = [row[: len(before.columns)] for row in after.rows]
    assert sorted(rows, key=repr) == sorted(before.rows, key=repr)


def test_what_rests_on_a_view_outlives_an_upgrade(first: SqlStore, url: str, intruder: Intruder) -> None:
    """Somebody's own view over the audit's, and on PostgreSQL whoever was granted one, answer as before."""
    intruder("CREATE VIEW own AS SELECT holds.owner FROM holds JOIN pauses ON pauses.job_id = holds.job_id")
    asked = ["SELECT * FROM own ORDER BY owner"]
    if url.startswith("postgresql"):
        intruder("GRANT SELECT ON holds, pauses, own TO PUBLIC")
        asked += [f"SELECT 1 WHERE has_table_privilege('public', '{view}', 'SELECT')" for view in ("holds", "pauses")]
    before = [first.query(sql).rows for sql in asked]
    assert all(before)
    open_store(url, create=True).close()
    assert [first.query(sql).rows for sql in asked] == before


def test_the_tables_are_those_of_the_code(url: str) -> None:
    """persistence/tables.py and the migrations say the same of every column."""
    store = open_store(url, create=True)
    assert isinstance(store, SqlStore)
    found = inspect(store._engine)
    for table in t.metadata.tables.values():
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        assert set(columns) == set(table.columns.keys())
        for column in table.columns:
            there = columns[column.name]
            assert there["nullable"] == column.nullable or column.primary_key
            wanted = column.type.compile(store._engine.dialect)
            assert there["type"].compile(store._engine.dialect) == wanted.replace(
                "BIGINT", "INTEGER" if "sqlite" in url else "BIGINT"
            )
    store.close()


def test_a_long_log_is_asked_in_one_pass(url: str) -> None:
    """Twenty thousand events of twenty jobs are answered at once: looking for each end anew took PostgreSQL 4 to 8 s."""
    store = open_store(url, create=True)
    assert isinstance(store, SqlStore)
    fill(store, 20_000, 20)
    for view in ("pauses", "holds"):
        assert seconds(store, f"SELECT * FROM {view}") < 2
        assert seconds(store, f"SELECT * FROM {view} WHERE job_id = 'job-7'") < 2
    store.close()


def test_a_time_is_found_by_its_index(url: str) -> None:
    """The last event at or before a time is found without reading the log."""
    store = open_store(url, create=True)
    assert isinstance(store, SqlStore)
    fill(store, 5_000, 20)
    asked = "SELECT seq FROM event WHERE at <= '2026-01-01T00:10:00Z' ORDER BY at DESC, seq DESC LIMIT 1"
    how = "EXPLAIN QUERY PLAN " if url.startswith("sqlite") else "EXPLAIN "
    with store._engine.connect() as connection:
        assert "event_at" in repr(connection.exec_driver_sql(how + asked).all())
    store.close()
