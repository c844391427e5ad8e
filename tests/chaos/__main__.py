"""`make chaos`: every named step of a worker and of an append × {SIGKILL, SIGSTOP}, then every fault around them."""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.rig.workers import Rig

from slackwater.persistence.steps import WORKER_STEPS
from slackwater.streams.embedded_kafka import EmbeddedKafka

from .appender import acks_die, command_dies, commit_reply_lost
from .clock_faults import CLOCK_FAULTS
from .dying import die_at
from .emptied_faults import EMPTIED_FAULTS
from .faults import FAULTS
from .foreign_faults import FOREIGN_FAULTS
from .house import Skipped, postgres
from .log_faults import LOG_FAULTS
from .publisher_dies import publisher_killed_at_each_step
from .story import Measured, Otherwise
from .wire_faults import WIRE_FAULTS

HOW: Final = {"kill": "SIGKILL", "stop": "SIGSTOP for 3 sessions"}
Story = Callable[[Path], Measured]


def on_sqlite(story: Callable[..., Measured], by: str) -> Story:
    """The story on a file."""
    return lambda where: story(f"sqlite:///{where}/log.db", where, by)


def on_postgres(story: Callable[..., Measured], by: str) -> Story:
    """The story on a server."""

    def tell(where: Path) -> Measured:
        with postgres(where) as server:
            return story(server.get_uri(database="log"), where, by)

    return tell


def acks(log: str, where: Path, by: str) -> Measured:
    """`acks_die` in the order of the others."""
    return acks_die(where, by, log)


def stories(broker: Callable[[], EmbeddedKafka]) -> dict[str, Story]:
    """Every story by its name, in the order of the table. `broker` gives the one that worker steps share."""

    def at_step(step: str, by: str, where: Path) -> Measured:
        rig = Rig(broker().bootstrap, f"sqlite:///{where}/log.db", where)
        try:
            return die_at(rig, step, by)
        finally:
            rig.close()

    found: dict[str, Story] = {
        f"worker at {step}, {how}": partial(at_step, step, by) for step in WORKER_STEPS for by, how in HOW.items()
    }
    for by, how in HOW.items():
        for name, on in (("SQLite", on_sqlite), ("PostgreSQL", on_postgres)):
            found[f"command at every step of its append, {name}, {how}"] = on(command_dies, by)
            found[f"worker at every step of its ack, {name}, {how}"] = on(acks, by)
    for fault in (
        commit_reply_lost,
        publisher_killed_at_each_step,
        *FAULTS,
        *WIRE_FAULTS,
        *LOG_FAULTS,
        *FOREIGN_FAULTS,
        *EMPTIED_FAULTS,
        *CLOCK_FAULTS,
    ):
        found[fault.__name__.replace("_", " ")] = fault
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="stories whose name contains this")
    asked = parser.parse_args()
    failed = 0
    print("| fault | outcome | s | measured |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="sw-chaos-") as directory:
        shared = EmbeddedKafka(Path(directory) / "kafka")
        try:
            for n, (name, story) in enumerate(stories(shared.start).items()):
                if asked.only in name:
                    where = Path(directory) / str(n)
                    where.mkdir()
                    failed += _row(name, story, where)
        finally:
            shared.stop()
    sys.exit(min(failed, 1))


def _row(name: str, story: Story, where: Path) -> bool:
    """Tell the story and print what came of it. True if it failed."""
    began = time.monotonic()
    found: Measured = {}
    failed = False
    try:
        found = story(where)
        outcome = found.outcome if isinstance(found, Otherwise) else "0 lost, 0 twice"
    except Skipped as why:
        outcome = f"skipped: {why}"
    except Exception as error:
        traceback.print_exc()
        failed, outcome = True, f"FAILED: {type(error).__name__}: {(str(error).splitlines() or [''])[0][:120]}"
    measured = ", ".join(f"{key} {value:g}" for key, value in found.items())
    print(f"| {name} | {outcome} | {time.monotonic() - began:.0f} | {measured} |", flush=True)
    return failed


if __name__ == "__main__":
    main()
