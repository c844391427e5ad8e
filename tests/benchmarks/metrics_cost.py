"""What serving metrics costs the record path: the same job with and without, in turn, so that a host's pace hits both.

With: the port is served and scraped every second, far more often than Prometheus asks. Counting itself is always on.
`python -m tests.benchmarks.metrics_cost` measures this alone.
"""

import json
import os
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

import psutil
from tests.rig.ports import free_port
from tests.rig.workers import Rig

from slackwater.core import events as e
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.kafka_connection import KafkaConnection

from .dataset import fill
from .slackwater_job import SQL

PAIRS: Final = int(os.environ.get("SW_BENCH_PAIRS", "5"))
SCRAPE_INTERVAL_S: Final = 1.0


def run(bootstrap: str, count: int, pairs: int = PAIRS) -> dict[str, Any]:
    """Ratios pair by pair: with to without is what metrics cost, of two without says how sure that is."""
    turns = [(_once(bootstrap, count, served=True), _once(bootstrap, count), _once(bootstrap, count)) for _ in range(pairs)]
    return {
        name: {
            "with_to_without": _spread([served[name] / plain[name] for served, plain, _ in turns]),
            "without_to_without": _spread([again[name] / plain[name] for _, plain, again in turns]),
        }
        for name in ("wall_s", "cpu_s")
    }


def _once(bootstrap: str, count: int, *, served: bool = False) -> dict[str, float]:
    """Seconds from JobStarted until nothing is left, and the worker's own time on the processors from its start to then."""
    with tempfile.TemporaryDirectory(prefix="sw-bench-") as directory:
        rig = Rig(bootstrap, f"sqlite:///{directory}/log.db", Path(directory))
        over, port = threading.Event(), free_port() if served else 0
        scraping = threading.Thread(target=_scrape, args=(port, over))
        try:
            worker = psutil.Process(rig.worker(SLACKWATER_METRICS_PORT=str(port)).pid)
            if served:
                scraping.start()
            rig.admin.deploy_job(rig.job, "1", SQL.format(output=rig.output))
            rig.admin.start_job(rig.job, timeout=60)
            started = next(r.at for r in rig.admin.history(rig.job) if isinstance(r.event, e.JobStarted))
            before = sum(worker.cpu_times()[:2])
            rig.wait_caught_up(300)
            return {"wall_s": time.time() - started.timestamp(), "cpu_s": sum(worker.cpu_times()[:2]) - before}
        finally:
            over.set()
            if served:
                scraping.join()
            rig.close()


def _scrape(port: int, over: threading.Event) -> None:
    while not over.wait(SCRAPE_INTERVAL_S):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                answer.read()
        except OSError:
            continue  # it is starting, or ending


def _spread(ratios: list[float]) -> dict[str, float]:
    return {"min": round(min(ratios), 3), "median": round(statistics.median(ratios), 3), "max": round(max(ratios), 3)}


if __name__ == "__main__":
    records = int(os.environ.get("SW_BENCH_RECORDS", "1000000"))
    with (
        tempfile.TemporaryDirectory(prefix="sw-bench-kafka-") as kafka_directory,
        EmbeddedKafka(Path(kafka_directory)) as kafka,
    ):
        fill(KafkaConnection(kafka.bootstrap), records)
        print(json.dumps(run(kafka.bootstrap, records), indent=1))
