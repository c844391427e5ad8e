"""`make soak`: 100,000 records, 3 workers, 4 partitions, at least 20 faults, pauses mixed in; exact equality at the end."""

import argparse
import contextlib
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.rig.workers import SESSION_TIMEOUT_S

from slackwater.admin.errors import SlackwaterError

from .faults import house
from .story import LiveReader, checked_pause, finish, flowing


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="sw-soak-") as name, house(Path(name)) as (broker, rig):
        workers = {n: rig.worker(f"s-{n}") for n in range(3)}
        reader = LiveReader(rig)
        with flowing(rig, 500, 0.5):
            while rig.produced < asked.records or sum(seen.values()) - seen["pause"] < asked.faults:
                number = chance.randrange(3)
                worker = workers[number]
                what = chance.choice(("kill", "kill", "leave", "sleep", "broker", "pause", "pause", "pause"))
                seen[what] += 1
                match what:
                    case "kill" | "leave":
                        worker.send_signal(signal.SIGKILL if what == "kill" else signal.SIGTERM)
                        worker.wait(60)
                        workers[number] = rig.worker(f"s-{number}")
                    case "sleep":
                        worker.send_signal(signal.SIGSTOP)
                        time.sleep(chance.choice((0.5, 3)) * SESSION_TIMEOUT_S)
                        worker.send_signal(signal.SIGCONT)
                    case "broker":
                        broker.stop()
                        broker.start()
                    case _:
                        seen["proved"] += checked_pause(rig) is not None
                        seen["pause"] += 1
                with contextlib.suppress(SlackwaterError):
                    rig.settle()
                print(f"{rig.produced:,} records, {dict(seen)}", flush=True)
        finish(rig, reader)
        print(f"{rig.produced:,} records, {len(rig.expected()):,} outputs, each once for both readers; {dict(seen)}")


if __name__ == "__main__":
    main()
