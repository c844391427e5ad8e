"""The log of a worker: off a terminal every line is an object, from the first on."""

import json
import os
import subprocess
import sys

from slackwater.admin.worker_house import WAITED_FOR

WARNING = """
from slackwater.streams.logging_setup import set_up_logging
set_up_logging("INFO")
import warnings
warnings.warn("old ways")
"""


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLACKWATER_")}
    env = {**clean, "SLACKWATER_KAKFA": "x", "PYTHONWARNINGS": "default"}
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, timeout=60)


def test_before_it_has_joined() -> None:
    """A setting that is none and what it waits for are lines as well; the last is the error, in the words of `-o`."""
    log = "postgresql://ana@127.0.0.1:9/db"
    worker = ("-m", "slackwater", "--log", log, "--kafka", "127.0.0.1:9", "worker", "--log-level", "info", "--wait", "6")
    done = _run(*worker, "-o", "json")
    assert done.returncode == 7, done.stderr
    *lines, error = map(json.loads, done.stderr.splitlines())
    assert error["error"]["code"] == "store_unreachable"
    assert [line["level"] for line in lines] == ["warning"] * len(lines)
    assert lines[0]["event"].startswith("SLACKWATER_KAKFA is no setting")
    assert lines[1]["event"].startswith("waiting: ")
    assert lines[1]["code"] in WAITED_FOR


def test_warnings_of_python() -> None:
    """They have their place in the log too."""
    (line,) = _run("-c", WARNING).stderr.splitlines()
    assert "old ways" in json.loads(line)["event"]


def test_a_level_that_is_none() -> None:
    """Refused as usage, with those there are."""
    done = _run("-m", "slackwater", "worker", "--log-level", "loud")
    assert (done.returncode, "Traceback" in done.stderr, "warning" in done.stderr.lower()) == (2, False, True)
