"""`make soak`: 100,000 records, 3 workers, 4 partitions, at least 20 faults, pauses mixed in; exact equality at the end."""

import argparse
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from .house import house, kill
from .story import LiveReader, checked_pause, finish, flowing, wake
from .timing import Timing

WORKERS: Final = ("s-0", "s-1", "s-2")
FAULTS: Final = ("kill", "leave", "sleep", "broker stop", "broker kill")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    seen: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sw-soak-") as name, house(Path(name), workers=WORKERS) as (broker, rig):
        timing = Timing(rig.session_timeout_s)
        workers = dict(zip(WORKERS, rig.processes, strict=True))
        reader = LiveReader(rig)
        with flowing(rig, 500, 0.5):
            while rig.produced < asked.records or seen.total() < asked.faults:
                worker, what = chance.choice(WORKERS), chance.choice(FAULTS)
                seen[what] += 1
                match what:
                    case "kill" | "leave":
                        workers[worker].send_signal(signal.SIGKILL if what == "kill" else signal.SIGTERM)
                    case "sleep":
                        workers[worker].send_signal(signal.SIGSTOP)
                    case "broker stop":
                        broker.stop()
                        broker.start()
                    case _:
                        kill(broker)
                        broker.start()
                # In the middle of it, or a while later.
                time.sleep(chance.choice((0, 0, 1, 3 * rig.session_timeout_s if what == "sleep" else 2)))
                timing.add(f"after {what}", checked_pause(rig))
                match what:
                    case "kill" | "leave":
                        workers[worker].wait(60)
                        workers[worker] = rig.worker(worker)
                    case "sleep":
                        wake(workers[worker])
                rig.settle()
                for _ in range(chance.randrange(3)):
                    timing.add("between faults", checked_pause(rig))
                    rig.settle()
                print(f"{rig.produced:,} records, {dict(seen)}, {time.monotonic() - began:.0f} s", flush=True)
        odd = finish(rig, reader)
        print(f"{rig.produced:,} records, {len(rig.expected()):,} outputs, each once and in order for both readers")
    print(f"{seen.total()} faults: {', '.join(f'{n} {what}' for what, n in sorted(seen.items()))}; {timing.proved} pauses")
    print(timing.table())
    for what, count in odd.items():
        print(f"{what}: {count:g}")


if __name__ == "__main__":
    main()
