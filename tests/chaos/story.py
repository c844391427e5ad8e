"""One story under load: records flow, the job is paused and let go, a fault happens, and every output is counted."""

import contextlib
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from confluent_kafka import TopicPartition
from tests.rig.workers import SESSION_TIMEOUT_S, Rig

from slackwater.admin.errors import SlackwaterError


class LiveReader:
    """Reads the output with `read_committed` from before the first fault to the end: an aborted record must never show."""

    def __init__(self, rig: Rig) -> None:
        self.seen: Counter[bytes | None] = Counter()
        self._rig = rig
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        consumer = self._rig.connection.consumer(
            group_id=f"live.{self._rig.job}", auto_offset_reset="earliest", isolation_level="read_committed"
        )
        consumer.assign([TopicPartition(self._rig.output, p, 0) for p in range(self._rig.partitions)])
        while not self._stop.is_set():
            for message in consumer.consume(1000, 0.2):
                if message.error() is None:
                    self.seen[message.value()] += 1
        consumer.close()

    def stop(self) -> None:
        """No more."""
        self._stop.set()
        self._thread.join(20)


@contextlib.contextmanager
def flowing(rig: Rig, records: int = 300, every_s: float = 0.3) -> Iterator[None]:
    """Orders keep coming meanwhile."""
    over = threading.Event()

    def produce() -> None:
        while not over.wait(every_s):
            rig.produce(records)

    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)


def checked_pause(rig: Rig, timeout: float = 60) -> float | None:
    """`proved_pause`; None if the pause was not proved."""
    try:
        return proved_pause(rig, timeout)
    except SlackwaterError:
        return None


def proved_pause(rig: Rig, timeout: float = 60) -> float:
    """Pause; the job is then silent and stands where it says. Seconds it took. SlackwaterError if it is not proved."""
    began = time.monotonic()
    paused = rig.admin.pause_job(rig.job, timeout=timeout)
    took = time.monotonic() - began
    cut = {partition: offset for _, partition, offset in paused.cut}
    rig.new_outputs()
    assert cut == rig.committed(), "paused, and the cut is not what is committed"
    time.sleep(0.5)
    assert rig.committed() == cut, "an offset moved while paused"
    assert rig.new_outputs() == 0, "an output became visible while paused"
    return took


def finish(rig: Rig, reader: LiveReader) -> None:
    """Let it run to the end, then count: late reader, live reader, order by key, the log."""
    rig.settle()
    rig.wait_caught_up(120)
    try:
        proved_pause(rig)
    except SlackwaterError as error:
        raise AssertionError(f"{error.code}: {error.message}\n{rig.said()}") from error
    assert rig.outputs() == rig.expected(), "paused, and an output is not visible"
    rig.assert_exactly_once()
    rig.wait_for(lambda: sum(reader.seen.values()) >= len(rig.expected()), "the live reader")
    reader.stop()
    assert max(reader.seen.values(), default=1) == 1, "the live reader saw an output twice"
    assert len(reader.seen) == len(rig.expected())
    verdict = rig.admin.verify()
    assert verdict.ok, verdict.problems


def is_stopped(worker: subprocess.Popen[bytes]) -> bool:
    """Frozen by SIGSTOP."""
    try:
        return Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except OSError:
        return False


def die_at(rig: Rig, step: str, by: str) -> bool:
    """A worker dies (or is frozen for three sessions) at a named step. True if it got there; all is counted afterwards."""
    victim = rig.worker("w-1", SLACKWATER_DIE_AT=step, SLACKWATER_DIE_BY=by)
    rig.worker("w-2")
    rig.wait_for(lambda: rig.said().count("worker ready") == 2 or victim.poll() is not None, "the workers")
    reader = LiveReader(rig)

    def is_hit() -> bool:
        return victim.poll() is not None or is_stopped(victim)

    with flowing(rig):
        rig.admin.deploy_job(rig.job, "1", rig.sql)
        with contextlib.suppress(SlackwaterError):
            rig.admin.start_job(rig.job, timeout=30)
        moves: list[Callable[[], object]] = [
            lambda: checked_pause(rig),
            lambda: rig.admin.resume_job(rig.job, all_holds=True, timeout=20),
            lambda: [rig.worker("w-3"), rig.worker("w-4"), rig.wait_for(lambda: is_hit() or rig.owners() == 4, "four")],
            lambda: rig.admin.stop_job(rig.job, timeout=30),
            lambda: rig.admin.start_job(rig.job, timeout=30),
        ]
        for move in moves:
            if is_hit():
                break
            with contextlib.suppress(SlackwaterError):
                move()
        hit = is_hit()
        checked_pause(rig)
        if is_stopped(victim):
            time.sleep(2 * SESSION_TIMEOUT_S)
            victim.send_signal(signal.SIGCONT)
            time.sleep(1)
            checked_pause(rig)
        rig.settle()
    finish(rig, reader)
    return hit
