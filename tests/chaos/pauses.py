"""`make pauses COUNT=1000`: pauses under load, a fault in three of ten; each is held against the promise and timed."""

import argparse
import random
import signal
import statistics
import tempfile
import time
from pathlib import Path

from tests.rig.workers import SESSION_TIMEOUT_S, Rig

from slackwater.streams.embedded_kafka import EmbeddedKafka

from .story import LiveReader, checked_pause, finish, flowing, is_stopped


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    healthy: list[float] = []
    faulty: list[float] = []
    unproved = 0
    with tempfile.TemporaryDirectory(prefix="sw-pauses-") as directory, EmbeddedKafka(Path(directory) / "kafka") as broker:
        rig = Rig(broker.bootstrap, f"sqlite:///{directory}/log.db", Path(directory))
        try:
            workers = {n: rig.worker(f"w-{n}") for n in range(3)}
            rig.deploy_and_start()
            reader = LiveReader(rig)
            with flowing(rig, 100, 0.5):
                for n in range(asked.count):
                    fault = chance.choice(("kill", "stop", "join")) if chance.random() < 0.3 else ""
                    victim = workers[chance.randrange(3)]
                    if fault == "kill":
                        victim.send_signal(signal.SIGKILL)
                    elif fault == "stop":
                        victim.send_signal(signal.SIGSTOP)
                    elif fault == "join":
                        victim.send_signal(signal.SIGTERM)
                    took = checked_pause(rig)
                    if took is None:
                        unproved += 1
                    else:
                        (faulty if fault in ("kill", "stop") else healthy if not fault else []).append(took)
                    for number, worker in list(workers.items()):
                        if is_stopped(worker):
                            worker.send_signal(signal.SIGCONT)
                        if worker.poll() is not None or (fault == "join" and worker is victim):
                            worker.wait(60)
                            workers[number] = rig.worker(f"w-{number}")
                    rig.settle()
                    if n % 50 == 49:
                        print(
                            f"{n + 1} pauses, {len(faulty)} with a dead or sleeping worker, {unproved} not proved",
                            flush=True,
                        )
            finish(rig, reader)
        finally:
            rig.close()
    print(f"{asked.count} pauses, seed {asked.seed}: every proved one silent, its cut the stable committed offsets")
    for name, took in (("without a fault", healthy), ("with a dead or sleeping worker", faulty)):
        if len(took) > 1:
            p99 = statistics.quantiles(took, n=100)[98]
            sessions = f"{p99 / SESSION_TIMEOUT_S:.2f} sessions"
            print(f"{name}: {len(took)}, p50 {statistics.median(took):.2f} s, p99 {p99:.2f} s ({sessions})")
    print(f"not proved within 60 s: {unproved}")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s")
