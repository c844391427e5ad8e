"""An event that this program cannot read stops nobody who watches: it stands in its place, and the next follow."""

import sqlite3
from pathlib import Path

from slackwater import Admin
from slackwater.persistence.open import open_store
from slackwater.persistence.store import Unreadable

SQL = "CREATE STREAM {0}_out WITH (topic='{0}') AS SELECT * FROM t"


def test_watching_goes_on(tmp_path: Path) -> None:
    """In its place by `seq`, with why; it comes to whoever watches its job, and not to whoever watches another."""
    path = tmp_path / "log.db"
    admin = Admin(open_store(f"sqlite:///{path}", create=True), actor="ana")
    for name in "ab":
        admin.deploy_job(name, "1", SQL.format(name))
        admin.start_job(name, wait=False)
    with sqlite3.connect(path) as intruder:
        guards = intruder.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'").fetchall()
        for (guard,) in guards:
            intruder.execute(f'DROP TRIGGER "{guard}"')
        intruder.execute("UPDATE event SET schema_version = 9 WHERE seq = 2")
    found = list(admin.events(0, follow=False))
    assert [one.seq for one in found] == [1, 2, 3, 4]
    assert [one.seq for one in found if isinstance(one, Unreadable)] == [2]
    assert [one.seq for one in admin.watch(["a"], since=0, follow=False)] == [1, 2]
    assert [one.seq for one in admin.watch(["b"], since=0, follow=False)] == [3, 4]
