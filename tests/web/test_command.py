"""`slackwater web` as a process: it says where it is, refuses what would let everybody in, and ends when told."""

import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from tests.web.serving import running
from tests.web.story import Story


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_streams(url: str, story: Story, how: signal.Signals) -> None:
    """A signal ends it within seconds and with 0, also while somebody streams."""
    with (
        running(url) as (process, address),
        httpx.Client(timeout=20) as client,
        client.stream("GET", f"{address}/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines)
        process.send_signal(how)
        began = time.monotonic()
        assert process.wait(30) == 0
        assert time.monotonic() - began < 10
        for _ in lines:
            pass


@pytest.mark.slow
def test_a_token_from_the_environment(url: str, story: Story) -> None:
    """Not on the command line, where every user of the machine can read it."""
    secret = "a-long-enough-secret"
    with running(url, SLACKWATER_WEB_TOKEN=f"ana:{secret}") as (_, address):
        assert httpx.get(f"{address}/api/v1/jobs").status_code == 401
        answer = httpx.get(f"{address}/api/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
        assert [job["name"] for job in answer.json()["jobs"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--host", "0.0.0.0"], 2, "no token is set"),
        (["--host", "0.0.0.0", "--token", "short"], 2, "16 characters"),
        (["--host", "no.such.host.invalid", "--token", "x" * 20], 1, "no address"),
        (["--port", "0"], 2, "--port"),
        (["--port", "BUSY"], 1, "another with --port"),
    ],
)
def test_what_it_does_not_do(url: str, words: list[str], code: int, said: str) -> None:
    """Exit code and hint as everywhere; nothing listens."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        given = [str(busy.getsockname()[1]) if word == "BUSY" else word for word in words]
        command = [sys.executable, "-m", "slackwater", "--log", url, "web", *given]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_log(tmp_path: object) -> None:
    """Without a log there is nothing to show: exit 7, with what to do."""
    command = [sys.executable, "-m", "slackwater", "--log", f"sqlite:///{tmp_path}/none.db", "web", "--port", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7
    assert "slackwater db upgrade" in done.stderr
