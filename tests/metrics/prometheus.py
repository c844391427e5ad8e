"""A real Prometheus in a directory of its own, that scrapes real workers every second."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.rig.ports import free_port
from tests.tidy.product import ROOT

from .binaries import binary

CONFIG = """global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: slackwater
    static_configs: [{{targets: {targets}}}]
"""


def get(url: str, timeout_s: float = 10) -> tuple[int, str]:
    """Status and body, also of a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Prometheus:
    """Scrapes until it is left."""

    def __init__(self, directory: Path, ports: Sequence[int]) -> None:
        self._url = f"http://127.0.0.1:{(port := free_port())}"
        config = directory / "prometheus.yml"
        targets = json.dumps([f"127.0.0.1:{one}" for one in ports])
        config.write_text(CONFIG.format(rules=ROOT / "admin/alerts/slackwater.rules.yml", targets=targets))
        with (directory / "prometheus.log").open("ab") as said:
            self._process = subprocess.Popen(
                [binary("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={directory / 'tsdb'}",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        self._directory = directory

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 60
        while True:
            try:
                if get(f"{self._url}/-/ready")[0] == 200:
                    return self
            except OSError:
                pass
            assert time.monotonic() < deadline, (self._directory / "prometheus.log").read_text()
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector it comes to now. Fails for one that Prometheus does not take."""
        status, body = get(f"{self._url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        answer = json.loads(body)
        assert status == 200, f"{expression}\n{answer}"
        data = answer["data"]
        return [{"metric": {}, "value": data["result"]}] if data["resultType"] == "scalar" else list(data["result"])

    def value(self, expression: str) -> float:
        """The one value it comes to now; NaN if there is none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else float("nan")

    def firing(self) -> set[str]:
        """Names of the alerts that fire or are about to."""
        alerts = json.loads(get(f"{self._url}/api/v1/alerts")[1])["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts}
