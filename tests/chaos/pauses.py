"""`make pauses COUNT=1000`: pauses under load, a fault in three of ten; each is held against the promise and timed."""

import argparse
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.rig.workers import Rig

from slackwater.streams.embedded_kafka import EmbeddedKafka

from .story import LiveReader, Measured, checked_pause, finish, flowing, is_stopped, wake
from .timing import Timing

WORKERS: Final = 3
FAULTS: Final = {"kill": signal.SIGKILL, "sleep": signal.SIGSTOP, "leave": signal.SIGTERM}
KINDS: Final = {"kill": "a worker dies", "sleep": "a worker sleeps", "leave": "a worker leaves"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sw-pauses-") as directory, EmbeddedKafka(Path(directory) / "kafka") as broker:
        rig = Rig(broker.bootstrap, f"sqlite:///{directory}/log.db", Path(directory))
        timing = Timing(rig.session_timeout_s)
        try:
            odd = _run(rig, asked.count, random.Random(asked.seed), timing, began)
        finally:
            rig.close()
    print(f"{asked.count} pauses, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    print(f"every proved one silent, its cut the stable committed offsets; {rig.produced:,} records, 0 lost, 0 twice")
    print(timing.table())
    for what, count in odd.items():
        print(f"{what}: {count:g}")


def _run(rig: Rig, count: int, chance: random.Random, timing: Timing, began: float) -> Measured:
    workers = {n: rig.worker(f"w-{n}") for n in range(WORKERS)}
    rig.wait_ready(WORKERS)
    rig.deploy_and_start()
    rig.wait_members(WORKERS)
    reader = LiveReader(rig)
    with flowing(rig, 100, 0.5):
        for n in range(1, count + 1):
            fault = chance.choice(list(FAULTS)) if chance.random() < 0.3 else ""
            victim = chance.randrange(WORKERS)
            # Who joins after the last fault makes a rebalance of its own: no pause without a fault.
            kind = KINDS.get(fault) or ("all is well" if rig.owners() == WORKERS else "a worker joins")
            if fault:
                workers[victim].send_signal(FAULTS[fault])
            timing.add(kind, checked_pause(rig))
            if fault:
                _mend(rig, workers, victim)
            rig.settle()
            if n % 20 == 0:
                print(f"{n} pauses, {timing.unproved} not proved, {time.monotonic() - began:.0f} s", flush=True)
    return finish(rig, reader)


def _mend(rig: Rig, workers: dict[int, subprocess.Popen[bytes]], victim: int) -> None:
    """Wake who sleeps; put another in the place of who is gone."""
    worker = workers[victim]
    if is_stopped(worker):
        wake(worker)
        return
    worker.wait(60)
    workers[victim] = rig.worker(f"w-{victim}")


if __name__ == "__main__":
    main()
