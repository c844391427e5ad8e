"""(b) Slackwater itself: one worker, exactly-once filter and projection; pauses at full load; memory while paused."""

import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from tests.rig.workers import Rig

from slackwater.core import events as e

from .dataset import INPUT, end_offsets, fill

SQL = f"""CREATE STREAM orders (order_id BIGINT, customer VARCHAR, amount DOUBLE) WITH (topic = '{INPUT}');
CREATE STREAM big WITH (topic = '{{output}}') AS
SELECT order_id, customer, amount * 1.2 AS gross FROM orders WHERE amount > 600;"""


def run(bootstrap: str, count: int, cycles: int) -> dict[str, Any]:
    """Seconds for `count` records, percentiles of pause and resume, RSS before and after a backlog."""
    with tempfile.TemporaryDirectory(prefix="sw-bench-") as directory:
        path = Path(directory)
        rig = Rig(bootstrap, f"sqlite:///{path}/log.db", path)
        try:
            return _measure(rig, count, cycles)
        finally:
            rig.close()


def _measure(rig: Rig, count: int, cycles: int) -> dict[str, Any]:
    worker = rig.worker()
    rig.admin.deploy_job(rig.job, "1", SQL.format(output=rig.output))
    rig.admin.start_job(rig.job, timeout=60)
    started = next(r.at for r in rig.admin.history(rig.job) if isinstance(r.event, e.JobStarted))
    while rig.admin.kafka_state(rig.job).current_lag > 0:  # type: ignore[union-attr]
        time.sleep(0.05)
    seconds = time.time() - started.timestamp()
    pauses, resumes = _cycles(rig, cycles)
    return {
        "seconds": seconds,
        "records_per_s": count / seconds,
        "pause_ms": _percentiles(pauses),
        "resume_to_output_ms": _percentiles(resumes),
        "rss_mb_while_paused": _memory(rig, psutil.Process(worker.pid), count),
    }


def _cycles(rig: Rig, cycles: int) -> tuple[list[float], list[float]]:
    """Command to JobPaused, and command to the first committed output, with records flowing all the time."""
    pauses, resumes = [], []
    over = threading.Event()
    flowing = threading.Thread(target=lambda: [fill(rig.connection, 50_000) for _ in iter(over.is_set, True)])
    flowing.start()
    try:
        for _ in range(cycles):
            time.sleep(0.3)
            began = time.perf_counter()
            rig.admin.pause_job(rig.job, timeout=60)
            pauses.append(time.perf_counter() - began)
            still = end_offsets(rig.connection, rig.output)
            time.sleep(0.2)
            began = time.perf_counter()
            rig.admin.resume_job(rig.job, wait=False)
            while end_offsets(rig.connection, rig.output) == still:
                time.sleep(0.005)
            resumes.append(time.perf_counter() - began)
            rig.wait_state("RUNNING")
    finally:
        over.set()
        flowing.join()
    return pauses, resumes


def _memory(rig: Rig, worker: psutil.Process, count: int) -> list[float]:
    """RSS at the pause, then sampled while a backlog of `count` records builds up."""
    rig.admin.pause_job(rig.job, timeout=60)
    time.sleep(1)
    samples = [worker.memory_info().rss / 1e6]
    for _ in range(5):
        fill(rig.connection, count // 5)
        samples.append(worker.memory_info().rss / 1e6)
    return [round(sample, 1) for sample in samples]


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cuts[49] * 1000, 1), "p99": round(cuts[98] * 1000, 1), "max": round(max(seconds) * 1000, 1)}
