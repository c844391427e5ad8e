"""`slackwater web` as a process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from tests.rig.ports import free_port


@contextmanager
def running(url: str, *words: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and its address once it answers. Killed at the end."""
    port = free_port()
    command = [sys.executable, "-m", "slackwater", "--log", url, "web", "--port", str(port), *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **env})
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < until, "it did not answer"
                time.sleep(0.1)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
