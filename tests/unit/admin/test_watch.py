"""Watching the log: no event is lost, none comes twice, and whoever was interrupted goes on where it stopped."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from slackwater import Admin, AsyncAdmin
from slackwater.admin import errors
from slackwater.core.commands import Command
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.recorded import Recorded
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

SQL = "-- @label: team={team}\nCREATE STREAM {name}_out WITH (topic='{name}') AS SELECT * FROM t"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def admin(url: str) -> Iterator[Admin]:
    """Two jobs of two teams; the log has four events."""
    open_store(url, create=True).close()
    with Admin.connect(url, actor="ana") as found:
        for name, team in (("a", "red"), ("b", "blue")):
            found.deploy_job(name, "1", SQL.format(name=name, team=team))
            found.start_job(name, wait=False)
        yield found


def _append(store: EventStore, job: str, count: int) -> None:
    for n in range(count):
        verb = Pause() if n % 2 == 0 else Resume()
        store.handle(Command(f"{job}-{time.monotonic_ns()}-{n}", job, verb, "ben", "api", datetime.now(UTC)))


def _seqs(events: list[Recorded]) -> list[int]:
    return [recorded.seq for recorded in events]


def test_all_there_is(admin: Admin) -> None:
    """Without following it ends at the end of the log; since the end there is nothing."""
    assert _seqs(list(admin.events(0, follow=False))) == [1, 2, 3, 4]
    assert _seqs(list(admin.events(2, follow=False))) == [3, 4]
    assert list(admin.events(4, follow=False)) == []
    assert list(admin.events(follow=False)) == []


def test_what_comes(admin: Admin) -> None:
    """It begins when it is asked for, not when the first event is taken; it goes on for ever, and again after any `seq`."""
    following = admin.events()
    _append(admin.store, "a", 500)
    found = list(islice(following, 300))
    assert _seqs(found) == list(range(5, 305))
    again = list(islice(admin.events(found[-1].seq), 200))
    assert _seqs(again) == list(range(305, 505))


def test_no_event_is_lost_between_many_writers(admin: Admin, url: str) -> None:
    """Several append at once, by stores of their own, while two readers follow: each sees each event once, in order."""
    total = 4 + 4 * 40
    seen: dict[int, list[int]] = {0: [], 1: []}

    def follow(n: int) -> None:
        seen[n] = _seqs(list(islice(admin.events(0), total)))

    def write() -> None:
        store = open_store(url)
        for job in ("a", "b"):
            for _ in range(20):
                _append_any(store, job)
        store.close()

    threads = [threading.Thread(target=follow, args=(n,)) for n in seen]
    threads += [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert seen[0] == seen[1] == list(range(1, total + 1))


def _append_any(store: EventStore, job: str) -> None:
    """One event: a hold of its own name."""
    id = f"{job}-{threading.get_ident()}-{time.monotonic_ns()}"
    assert store.handle(Command(id, job, Pause(hold=id), "ben", "api", datetime.now(UTC))).changed


def test_some_jobs(admin: Admin) -> None:
    """By name or label; a job that is deployed meanwhile counts by the labels it gets."""
    assert [r.job_id for r in admin.watch(["b"], since=0, follow=False)] == ["b", "b"]
    assert [r.job_id for r in admin.watch(selector="team=red", since=0, follow=False)] == ["a", "a"]
    following = admin.watch(selector="team=red")
    admin.deploy_job("c", "1", SQL.format(name="c", team="red"))
    _append(admin.store, "b", 2)
    admin.stop_job("a", wait=False)
    assert [r.job_id for r in islice(following, 2)] == ["c", "a"]
    with pytest.raises(errors.InvalidCommand, match="character"):
        admin.watch(selector="team red")


@pytest.mark.parametrize("since", [5, 1_000_000, -1])
def test_a_position_of_another_log(admin: Admin, since: int) -> None:
    """What this log does not have is refused at once, before anything is read."""
    with pytest.raises(errors.InvalidCommand) as refused:
        admin.events(since)
    assert refused.value.code == "bad_position"
    assert "the log ends at 4" in refused.value.message


async def test_async(admin: Admin, url: str) -> None:
    """The same by AsyncAdmin; leaving the loop ends it, and the event loop is never blocked."""
    async with await AsyncAdmin.connect(url) as other:
        assert [r.seq async for r in other.events(0, follow=False)] == [1, 2, 3, 4]
        beats, seen = 0, []

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.01)
                beats += 1

        beating = asyncio.create_task(beat())
        writing = threading.Timer(0.3, _append, (admin.store, "a", 3))
        writing.start()
        async for recorded in other.watch(["a"], since=4):
            seen.append(recorded.seq)
            if len(seen) == 3:
                break
        beating.cancel()
        writing.join()
        assert seen == [5, 6, 7]
        assert beats > 5
        with pytest.raises(errors.InvalidCommand):
            await anext(other.events(99))


async def test_async_cancelled(admin: Admin, url: str) -> None:
    """A task that waits for an event can be cancelled."""
    async with await AsyncAdmin.connect(url) as other:
        waiting = asyncio.create_task(anext(other.events()))  # type: ignore[arg-type]
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


def _watch(url: str, directory: Path, *words: str, **how: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "slackwater", "--log", url, "watch", *words]
    return subprocess.Popen(command, cwd=directory, text=True, **{"stdout": subprocess.PIPE, **how})  # type: ignore[call-overload,no-any-return]


def test_json_lines(admin: Admin, url: str, tmp_path: Path) -> None:
    """Off a terminal each event is a JSON line as it comes, in the fields of `history`; the next run goes on after it."""
    process = _watch(url, tmp_path, "--since", "0", stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        lines = [json.loads(process.stdout.readline()) for _ in range(4)]
        _append(admin.store, "a", 1)
        lines.append(json.loads(process.stdout.readline()))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    assert (lines[4]["job"], lines[4]["event"], lines[4]["actor"]) == ("a", "PauseRequested", "ben")
    _append(admin.store, "b", 2)
    process = _watch(url, tmp_path, "b", "--since", "5", stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        assert [json.loads(process.stdout.readline())["seq"] for _ in range(2)] == [6, 7]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_a_reader_that_has_enough(admin: Admin, url: str, tmp_path: Path) -> None:
    """`slackwater watch | head -1` ends without a word."""
    _append(admin.store, "a", 300)
    process = _watch(url, tmp_path, "--since", "0", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    _append(admin.store, "a", 300)
    process.wait(30)
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_living_table(admin: Admin, url: str, tmp_path: Path) -> None:
    """On a terminal it is a table of jobs that changes by itself, with the latest events below; Ctrl-C ends it."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "150", "LINES": "40"}
    process = _watch(
        url, tmp_path, "-l", "team=red", stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
    )
    os.close(theirs)
    said = ""

    def until(word: str) -> None:
        nonlocal said
        deadline = time.monotonic() + 60
        while word not in said and time.monotonic() < deadline:
            said += os.read(ours, 4000).decode()
        assert word in said

    try:
        until("STARTING")
        assert "RATE/S" in said
        _append(admin.store, "a", 1)
        until("PAUSING")
        until("PauseRequested")
        assert "b_out" not in said
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        os.close(ours)
