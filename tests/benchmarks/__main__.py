"""Every figure of docs/benchmarks.md, measured in one run. SW_BENCH_RECORDS and SW_BENCH_CYCLES make it shorter."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.web.story import Story

from slackwater.persistence.open import open_store
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ensure_topics

from . import foreign_runs, long_life, long_lists, metrics_cost, past, slackwater_job, store_rates, web_page
from .dataset import PARTITIONS, bare_loop_s, fill

RECORDS = int(os.environ.get("SW_BENCH_RECORDS", "1000000"))
CYCLES = int(os.environ.get("SW_BENCH_CYCLES", "50"))
FAUST_RECORDS = 30_000
RUNS = 7


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sw-bench-kafka-") as directory, EmbeddedKafka(Path(directory)) as kafka:
        connection = KafkaConnection(kafka.bootstrap)
        outputs = dict.fromkeys(("bench_faust", "bench_quix", "bench_bytewax"), PARTITIONS)
        ensure_topics(connection, outputs)
        say(f"writing {RECORDS:,} records")
        fill(connection, RECORDS)
        bare = [RECORDS / bare_loop_s(connection, RECORDS) for _ in range(3)]
        say("Faust, Quix Streams, Bytewax")
        faust = foreign_runs.run("stock_faust", kafka.bootstrap, FAUST_RECORDS)
        quix = foreign_runs.run("quix", kafka.bootstrap, RECORDS, "quixstreams==3.28.0")
        bytewax = foreign_runs.run("bytewax_flow", kafka.bootstrap, RECORDS, "bytewax[kafka]==0.21.1", "setuptools<81")
        say("Slackwater")
        job = slackwater_job.run(kafka.bootstrap, RECORDS, CYCLES)
        # Since then there are more records than those: what was written while it paused.
        say("Slackwater with and without metrics")
        metrics = metrics_cost.run(kafka.bootstrap, RECORDS)
    rates = {
        "(a) bare consume loop, no work": sorted(bare)[1],
        "(b) Slackwater, exactly-once": job["records_per_s"],
        "(c) stock Faust agent": _rate(faust, FAUST_RECORDS),
        "(d) Quix Streams": _rate(quix, RECORDS),
        "(d) Bytewax": _rate(bytewax, RECORDS),
    }
    print("| filter + projection, Kafka to Kafka | records/s | of (a) |\n|---|---|---|")
    for name, rate in rates.items():
        figures = (
            f"{rate:,.0f} | {rate / rates['(a) bare consume loop, no work']:.3f}" if isinstance(rate, float) else f"{rate} |"
        )
        print(f"| {name} | {figures} |")
    more = {"stores": store_rates.run(), "lists": long_lists.run(), "life": long_life.run(), "past": past.run()}
    more["web"] = web_page.run()
    more["cold_start_s"] = cold_start()
    print(json.dumps({"job": job, "metrics": metrics, **more}, indent=1))


def _rate(found: float | str, count: int) -> float | str:
    return count / found if isinstance(found, float) else found


def cold_start() -> dict[str, float]:
    """Median seconds of seven runs of the command line. Each pause is of a running job of its own, up to its acceptance."""
    with tempfile.TemporaryDirectory(prefix="sw-bench-cli-") as directory:
        log = f"sqlite:///{directory}/log.db"
        store = open_store(log, create=True)
        for n in range(RUNS):
            Story(store).run(f"job-{n}", 0)
        store.close()
        commands = {
            "python": ["-c", "pass"],
            "--help": ["-m", "slackwater", "--help"],
            "pause, to accepted": ["-m", "slackwater", "pause", "job-{n}", "--no-wait", "--reason", "bench"],
        }
        env = {**os.environ, "SLACKWATER_LOG": log}
        return {name: round(statistics.median(_run_s(arguments, env)), 3) for name, arguments in commands.items()}


def _run_s(arguments: list[str], env: dict[str, str]) -> Iterator[float]:
    for n in range(RUNS):
        began = time.perf_counter()
        command = [sys.executable, *(argument.format(n=n) for argument in arguments)]
        subprocess.run(command, env=env, capture_output=True, stdin=subprocess.DEVNULL, check=True)
        yield time.perf_counter() - began


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
