"""One story under load: records flow, the job is paused and let go, a fault happens, and every output is counted."""

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from confluent_kafka import Message, TopicPartition
from tests.rig.workers import Rig

from slackwater.admin.errors import SlackwaterError
from slackwater.core import events as e
from slackwater.core.events import name_of
from slackwater.persistence.store import EventStore

QUIET_S = 0.5
"""How long a proved pause is watched."""
STATED_END_S = 40.0
"""What `slackwater worker --help` says of SIGTERM."""
Measured = dict[str, float]


class Otherwise(Measured):
    """What a story measured whose outcome is another than that nothing is lost and nothing twice."""

    def __init__(self, outcome: str, measured: Measured) -> None:
        super().__init__(measured)
        self.outcome = outcome


Output = tuple[bytes | None, bytes | None]


def _output(message: Message) -> Output:
    return message.key(), message.value()


class LiveReader:
    """Reads the output with `read_committed` from before the first fault to the end: an aborted record must never show."""

    def __init__(self, rig: Rig) -> None:
        self.outputs: list[Output] = []
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
            self.outputs += [_output(message) for message in consumer.consume(1000, 0.2) if message.error() is None]
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
    """`proved_pause`; None if the pause was not proved: why is printed, and counted in `rig.unproved`."""
    try:
        return proved_pause(rig, timeout)
    except SlackwaterError as error:
        rig.unproved[error.code] += 1
        print(f"  a pause was not proved: {error.code}: {error.message}", flush=True)
        return None


def proved_pause(rig: Rig, timeout: float = 60, deadline_s: int = 60) -> float:
    """Pause; the job is then silent and stands where it says. Seconds it took. SlackwaterError if it is not proved."""
    began = time.monotonic()
    rig.admin.pause_job(rig.job, timeout=timeout, deadline_s=deadline_s)
    took = time.monotonic() - began
    paused = rig.admin.get_job_status(rig.job)
    cut = {partition: offset for _, partition, offset in paused.cut}
    visible, stands = rig.ends(), rig.committed()
    assert paused.state == "PAUSED", f"a pause came back, and the job is {paused.state}"
    assert cut == stands, f"paused, its cut is {cut}, and what is committed is {stands}"
    time.sleep(QUIET_S)
    assert rig.committed() == cut, "an offset moved while paused"
    assert rig.ends() == visible or not rig.read(rig.output, visible), "an output became visible while paused"
    return took


def finish(rig: Rig, reader: LiveReader, may_fail: Collection[str] = ("deadline",)) -> Measured:
    """Let it run to the end, then count: late reader, live reader, order by key, the log.

    Gives what did not go as wished on the way: pauses not proved and failures of the job, by code. A failure that is not in
    `may_fail` fails the story.
    """
    rig.settle()
    rig.wait_caught_up(120)
    try:
        proved_pause(rig, timeout=120, deadline_s=120)
    except SlackwaterError as error:
        raise AssertionError(f"{error.code}: {error.message}\n{rig.said()}") from error
    expected = rig.expected()
    # Paused, so all of it must be visible: now to a late reader, and soon to the one that read all along.
    counted([_output(message) for message in rig.read(rig.output)], expected, "the late reader")
    rig.wait_for(lambda: len(reader.outputs) >= len(expected), "the live reader")
    reader.stop()
    counted(reader.outputs, expected, "the live reader")
    verdict = rig.admin.verify()
    assert verdict.ok, verdict.problems
    assert_whole(rig.admin.store)
    failures = Counter(one.event.code for one in rig.admin.history(rig.job) if isinstance(one.event, e.JobFailed))
    assert set(failures) <= set(may_fail), f"the job failed: {failures}\n{rig.said()}"
    odd = {f"not proved ({code})": count for code, count in rig.unproved.items()}
    return {**odd, **{f"FAILED {code}": count for code, count in failures.items()}}


def counted(outputs: list[Output], expected: list[int], who: str) -> None:
    """Every expected output once and no other, those of one key in the order of their inputs."""
    bodies = [(key, json.loads(value or b"{}")["order_id"]) for key, value in outputs]
    seen, wanted = Counter(n for _, n in bodies), Counter(expected)
    lost, extra = wanted - seen, seen - wanted
    assert not lost, f"{who}: lost {len(lost)}, {sorted(lost)[:9]}"
    assert not extra, f"{who}: too many {len(extra)}, {sorted(extra)[:9]}"
    last: dict[bytes | None, int] = defaultdict(lambda: -1)
    for key, n in bodies:
        assert last[key] < n, f"{who}: {n} stands after {last[key]}, and both have the key {key!r}"
        last[key] = n


def assert_whole(store: EventStore) -> None:
    """Every command that left events left all of them, once, side by side, and its answer stands with them."""
    seen: dict[str, list[tuple[int, str]]] = defaultdict(list)
    after = 0
    while chunk := store.read(after, 1000):
        for one in chunk:
            seen[one.command_id].append((one.seq, name_of(one.event)))
        after = chunk[-1].seq
    for command_id, left in seen.items():
        answer = store.result(command_id)
        assert answer is not None, f"{command_id} left {left} and no answer"
        assert tuple(name for _, name in left) == answer.events, f"{command_id} left {left}, its answer is {answer}"
        assert [seq for seq, _ in left] == list(range(left[0][0], left[0][0] + len(left))), left
        assert answer.seq == left[-1][0], f"{command_id} left {left}, its answer is {answer}"


def ended(rig: Rig) -> float:
    """SIGTERM of the first worker: seconds until it is gone, which are never more than it states."""
    (worker, *_), began = rig.processes, time.monotonic()
    worker.terminate()
    code = worker.wait(STATED_END_S)
    assert code == 0, f"it ended with {code}\n{rig.said()}"
    assert "Traceback" not in rig.said(100), rig.said(100)
    return time.monotonic() - began


def is_stopped(worker: subprocess.Popen[bytes]) -> bool:
    """Frozen by SIGSTOP."""
    try:
        return Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except OSError:
        return False


def is_hit(worker: subprocess.Popen[bytes]) -> bool:
    """Dead or frozen."""
    return worker.poll() is not None or is_stopped(worker)


def wake(worker: subprocess.Popen[bytes]) -> None:
    """Let a frozen worker go on."""
    worker.send_signal(signal.SIGCONT)
