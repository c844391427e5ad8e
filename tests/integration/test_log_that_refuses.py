"""A log that lets nobody in for a while, as when a password is changed: commands wait, and none is lost."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, make_url, text
from tests.rig.workers import Rig

ROLE = "slackwater_worker"
OPENED = (
    f"ALTER ROLE {ROLE} LOGIN",
    f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {ROLE}",
    f"GRANT UPDATE ON job, chain TO {ROLE}",
)
SHUT = {
    "no rights": (f"REVOKE INSERT ON command FROM {ROLE}",),
    "no login": (
        f"ALTER ROLE {ROLE} NOLOGIN",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'",
    ),
}


@pytest.fixture
def owner(any_rig: Rig) -> Iterator[Callable[..., None]]:
    """Runs statements as the owner of the database; the workers log in as a role of their own."""
    if any_rig.log.startswith("sqlite"):
        pytest.skip("SQLite has no passwords")
    own = make_url(any_rig.log).set(drivername="postgresql+psycopg")
    engine = create_engine(own, isolation_level="AUTOCOMMIT")

    def run(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    run(f"DROP ROLE IF EXISTS {ROLE}", f"CREATE ROLE {ROLE}", *OPENED)
    any_rig.workers_log = own.set(drivername="postgresql", username=ROLE).render_as_string(hide_password=False)
    yield run
    run(f"DROP OWNED BY {ROLE}", f"DROP ROLE {ROLE}")
    engine.dispose()


@pytest.mark.parametrize("how", SHUT)
def test_a_log_that_refuses(any_rig: Rig, owner: Callable[..., None], how: str) -> None:
    """The control agent neither dies nor drops what came meanwhile: it is decided, in order, once the log lets it in."""
    rig = any_rig
    rig.worker()
    rig.deploy_and_start()
    owner(*SHUT[how])
    rig.send({"pause": rig.job, "id": "one", "reason": "meanwhile"})
    rig.send({"pause": rig.job, "id": "two", "hold": "audit"})
    rig.wait_for(lambda: "the command waits" in rig.said(), "the agent to meet the log", 30)
    time.sleep(5)
    assert rig.admin.get_job_status(rig.job).state == "RUNNING"
    owner(*OPENED)
    rig.wait_state("PAUSED")
    rig.wait_for(lambda: len(rig.bodies(rig.topics.replies)) >= 4, "the answers")
    assert {b["causationid"] for b in rig.bodies(rig.topics.replies)} == {"one", "two"}
    assert [hold.name for hold in rig.admin.store.job(rig.job).holds] == ["operator", "audit"]  # type: ignore[union-attr]
