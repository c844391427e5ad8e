"""The port a worker serves metrics and probes at: taken, and before there is anything to show."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.metrics.prometheus import get
from tests.rig.ports import free_port
from tests.rig.workers import Rig

from slackwater.persistence.open import open_store


def test_a_metrics_port_that_is_taken(rig: Rig) -> None:
    """One clear line and exit 7, before anything is joined; the worker that has it goes on."""
    port = str(free_port())
    first = rig.worker("w-1", SLACKWATER_METRICS_PORT=port)
    rig.deploy_and_start()
    began = time.monotonic()
    done = rig.cli("worker", "--name", "w-2", "--metrics-port", port)
    assert done.returncode == 7, done.stderr
    assert done.stderr.splitlines()[0].startswith(f"error: no metrics can be served at 0.0.0.0:{port}")
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 30
    assert first.poll() is None
    assert rig.owners() == 1


def test_probes_while_it_waits(tmp_path: Path) -> None:
    """A worker that waits for its broker is alive and not ready, and shows nothing yet."""
    url, port = f"sqlite:///{tmp_path}/log.db", free_port()
    open_store(url, create=True).close()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLACKWATER_")}
    words = ["--log", url, "--kafka", "127.0.0.1:9", "worker", "--metrics-port", str(port), "--wait", "120"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "slackwater", *words], env=clean, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    try:
        assert worker.stderr is not None
        assert json.loads(worker.stderr.readline())["event"].startswith("waiting: ")
        answers = {path: get(f"http://127.0.0.1:{port}/{path}")[0] for path in ("healthz", "readyz", "metrics")}
        assert answers == {"healthz": 200, "readyz": 503, "metrics": 200}
    finally:
        worker.terminate()
        worker.communicate(timeout=40)
