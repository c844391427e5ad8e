"""The `job` table can be edited; nothing that can be edited decides."""

import logging
import threading

import pytest
from tests.benchmarks.long_log import fill

from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.start import Start
from slackwater.core.evolve import replay
from slackwater.core.result import Outcome
from slackwater.core.states import JobState
from slackwater.persistence.errors import StoreError
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import SPEC, command, running
from .test_faults import opened, without_guards

AS_IF_RUNNING = "UPDATE job SET state = 'RUNNING', body = replace(body, 'DEPLOYED', 'RUNNING') WHERE id = 'a'"
EDITS = [
    AS_IF_RUNNING,
    "UPDATE job SET state = 'RUNNING' WHERE id = 'a'",
    "UPDATE job SET version = 7, body = replace(body, '\"version\":1', '\"version\":7') WHERE id = 'a'",
    "UPDATE job SET epoch = 9, body = replace(body, '\"epoch\":0', '\"epoch\":9') WHERE id = 'a'",
    "UPDATE job SET body = replace(body, 'orders', 'others') WHERE id = 'a'",
    "UPDATE job SET body = '{}' WHERE id = 'a'",
    "UPDATE job SET body = 'not json' WHERE id = 'a'",
    "DELETE FROM job WHERE id = 'a'",
]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_decides_nothing(url: str, intruder: Intruder, edit: str) -> None:
    """Every command about that job is refused and kept as refused, by a process that knew the job and by one that did not;
    the log can still be replayed, and other jobs go on."""
    knowing = opened(url)
    knowing.handle(command("d", Deploy(SPEC), "a"))
    running(knowing, "b")
    before = knowing.head()
    intruder(edit)
    new = opened(url)
    for store in (knowing, new):
        for verb in (Pause("why"), Start(), Deploy(SPEC)):
            id = f"{verb.name}-{store is new}"
            refused = store.handle(command(id, verb, "a"))
            assert (refused.outcome, refused.code) == (Outcome.REFUSED, "job_row_differs")
            assert "slackwater verify" in (refused.hint or "")
            assert store.result(id) == refused
            assert store.handle(command(id, verb, "a")) == refused.again()
    assert new.head() == before
    job = replay(new.history("a"))
    assert job is not None
    assert job.state is JobState.DEPLOYED
    assert new.handle(command("q", Pause("why"), "b")).changed
    assert any("job a" in problem for problem in verify(new).problems)
    knowing.close()
    new.close()


def test_a_row_without_events_decides_nothing(url: str, intruder: Intruder) -> None:
    """A job that someone wrote into the table is none."""
    store = opened(url)
    running(store, "b")
    intruder("INSERT INTO job SELECT 'a', version, state, epoch, spec_hash, replace(body, '\"b\"', '\"a\"') FROM job")
    assert store.handle(command("p", Pause("why"), "a")).code == "job_row_differs"
    assert [job.id for job in store.jobs(checked=True)] == ["b"]
    assert not verify(store).ok
    store.close()


def test_a_restored_row_is_obeyed_again(url: str, intruder: Intruder) -> None:
    """Once the row is what the events say, the job goes on, in the same process."""
    store = opened(url)
    running(store, "a")
    intruder("CREATE TABLE kept AS SELECT * FROM job", "UPDATE job SET state = 'PAUSED'")
    assert store.handle(command("p", Pause("why"), "a")).code == "job_row_differs"
    intruder("UPDATE job SET state = (SELECT state FROM kept)")
    assert store.handle(command("q", Pause("why"), "a")).changed
    assert verify(store).ok
    store.close()


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("UPDATE event SET type = 'JobExploded' WHERE seq = 2", "broken_history"),
        ("UPDATE event SET schema_version = 9 WHERE seq = 2", "broken_history"),
        ("UPDATE event SET data = 'not json' WHERE seq = 2", "broken_history"),
        ("UPDATE event SET actor = 'eve' WHERE seq = 2", "broken_history"),
        ("DELETE FROM event WHERE seq = 2", "broken_history"),
    ],
)
def test_a_history_that_cannot_be_replayed_stops_its_job_only(
    url: str, intruder: Intruder, tampering: str, code: str
) -> None:
    """A changed event refuses the commands of that job, and workers are not told of it; others go on."""
    store = opened(url)
    running(store, "a")
    running(store, "b")
    intruder(*without_guards(url), tampering)
    store = SqlStore(store._engine, store._dialect)
    refused = store.handle(command("p", Pause("why"), "a"))
    assert refused.code == code
    assert "event " in (refused.message or "")
    assert store.result("p") == refused
    for _ in range(2):
        assert [job.id for job in store.jobs(checked=True)] == ["b"]
    assert store.handle(command("p2", Pause("why"), "a")).code == code
    assert store.handle(command("q", Pause("why"), "b")).changed
    store.close()


@pytest.mark.parametrize("edit", EDITS[:-1])
def test_workers_do_not_obey_an_edited_row(
    url: str, intruder: Intruder, edit: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the checked jobs the edited one is left out, said once, and is back once it is restored."""
    store = opened(url)
    store.handle(command("d", Deploy(SPEC), "a"))
    store.handle(command("e", Deploy(SPEC), "b"))
    intruder("CREATE TABLE kept AS SELECT * FROM job", edit)
    with caplog.at_level(logging.WARNING, "slackwater.persistence"):
        for _ in range(3):
            assert [job.id for job in store.jobs(checked=True)] == ["b"]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["job a is left out"]
    assert {vars(record)["job_name"] for record in caplog.records} == {"a"}
    intruder("DELETE FROM job", "INSERT INTO job SELECT * FROM kept")
    assert [job.id for job in store.jobs(checked=True)] == ["a", "b"]
    store.close()


@pytest.mark.parametrize("body", ["{}", "not json", "[" * 100_000])
def test_unreadable_job_does_not_hide_the_others(
    url: str, intruder: Intruder, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One row that cannot be read leaves the others in the list, with a warning; asked for, it is a typed error."""
    store = opened(url)
    running(store, "a")
    running(store, "b")
    intruder(f"UPDATE job SET body = '{body}' WHERE id = 'a'")
    with caplog.at_level(logging.WARNING, "slackwater.persistence"):
        assert [job.id for job in store.jobs()] == ["b"]
    assert "job a is left out" in caplog.text
    assert store.listing().unreadable == ("a",)
    with pytest.raises(StoreError) as refused:
        store.job("a")
    assert (refused.value.code, refused.value.retryable) == ("job_row_differs", False)
    assert verify(store).problems == ("job a: its row cannot be read",)
    store.close()


def test_checked_jobs_follow_what_others_append(url: str) -> None:
    """A worker sees what other processes appended, and what it appended itself, as the fold of the events."""
    mine, theirs = opened(url), opened(url)
    running(mine, "a")
    for n, store in enumerate((theirs, mine, theirs)):
        assert store.handle(command(str(n), Pause("why", f"hold-{n}"), "a")).changed
        for reader in (mine, theirs):
            assert reader.jobs(checked=True) == (replay(mine.history("a")),) == reader.jobs()
    mine.close()
    theirs.close()


def test_a_row_set_back_is_not_obeyed(url: str, intruder: Intruder) -> None:
    """Also not by a process that knew the job as the row says again: there are newer events."""
    mine, theirs = opened(url), opened(url)
    running(mine, "a")
    assert [job.id for job in mine.jobs(checked=True)] == ["a"]
    intruder("CREATE TABLE kept AS SELECT * FROM job")
    assert theirs.handle(command("p", Pause("why"), "a")).changed
    intruder("DELETE FROM job", "INSERT INTO job SELECT * FROM kept")
    for _ in range(2):
        assert mine.jobs(checked=True) == theirs.jobs(checked=True) == ()
    assert mine.handle(command("q", Pause("why"), "a")).code == "job_row_differs"
    mine.close()
    theirs.close()


def test_first_deploys_at_once(url: str) -> None:
    """Of many first deploys at once one makes the job; none is told that the row is not what the events say."""
    stores = [opened(url) for _ in range(4)]
    codes: list[str | None] = []

    def deploy(n: int, job: str) -> None:
        codes.append(stores[n].handle(command(f"{job}-{n}", Deploy(SPEC), job)).code)

    for job in ("a", "b", "c", "d", "e"):
        threads = [threading.Thread(target=deploy, args=(n, job)) for n in range(len(stores))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(codes) == {None}
    assert len(codes) == 20
    assert [job.version for job in stores[0].jobs(checked=True)] == [1] * 5
    for store in stores:
        store.close()


def test_a_long_history_is_folded_in_chunks(url: str) -> None:
    """More events than are read at a time."""
    store = opened(url)
    fill(store, 2_500, 1)
    assert store.handle(command("p", Deploy(SPEC), "job-0")).outcome is Outcome.ALREADY
    assert store.jobs(checked=True) == (replay(store.history("job-0")),)
    store.close()
