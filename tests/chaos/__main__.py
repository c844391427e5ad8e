"""`make chaos`: every named step of a worker × {SIGKILL, SIGSTOP}, then every fault around it; prints a table."""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.rig.workers import Rig

from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.steps import STEPS

from .faults import FAULTS
from .story import die_at

SKIPPED = {"rewinding": "is reached by the faults of the wire below"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    failed = 0
    print("| fault | outcome | s | measured |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="sw-chaos-") as directory:
        steps = [f"{step}:{by}" for step in STEPS if step not in SKIPPED for by in ("kill", "stop")]
        chosen = [name for name in steps if asked.only in name]
        if chosen:
            with EmbeddedKafka(Path(directory) / "kafka") as broker:
                for name in chosen:
                    failed += _row(name, lambda where, name=name: _at_step(broker, where, name), Path(directory))  # type: ignore[misc]
        for fault in FAULTS:
            if asked.only in fault.__name__:
                failed += _row(fault.__name__, fault, Path(directory))
    sys.exit(min(failed, 1))


def _at_step(broker: EmbeddedKafka, where: Path, name: str) -> dict[str, float]:
    step, by = name.split(":")
    rig = Rig(broker.bootstrap, f"sqlite:///{where}/log.db", where)
    try:
        hit = die_at(rig, f"{step}:{3 if step in EARLY else 1}", by)
    finally:
        rig.close()
    return {} if hit else {"NOT REACHED": 1}


EARLY = ("taken", "computed", "written", "offsets_sent", "committed")
"""Steps of every batch: the third is in the middle of the load."""


def _row(name: str, story: Callable[[Path], dict[str, float]], directory: Path) -> int:
    where = directory / name.replace(":", "-")
    where.mkdir()
    began = time.monotonic()
    try:
        found = story(where)
        outcome = "0 lost, 0 twice"
    except Exception as error:
        traceback.print_exc()
        found, outcome = {}, f"FAILED: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
    measured = ", ".join(f"{key} {value:g}" for key, value in found.items())
    print(f"| {name.replace('_', ' ')} | {outcome} | {time.monotonic() - began:.0f} | {measured} |", flush=True)
    return outcome.startswith("FAILED") or "NOT REACHED" in found


if __name__ == "__main__":
    main()
