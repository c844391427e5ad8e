"""Whoever sits at two terminals: a house in the first, a page's commands typed into the second."""

import difflib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

DEV = "slackwater dev"
LOOKED_AGAIN = "slackwater jobs"
"""What this shows changes by itself: who reads a moment too early looks again."""
AGAIN_S, START_S, LINE_S = 30, 240, 120


def masked(text: str) -> list[str]:
    """Lines without what differs from run to run: ids, numbers, times, how long, and how wide a column is."""
    text = re.sub(r"\b[0-9a-f]{8}\b", "ID", text)
    text = re.sub(r"\d[\d,.:]*", "0", text)
    text = re.sub(r"\b0[dhms](?: ?0[dhms])*\b", "0", text)
    return [" ".join(line.split()) for line in text.strip().splitlines()]


class Reader:
    """In a directory, with no setting of Slackwater in the environment."""

    def __init__(self, directory: Path) -> None:
        own = {"LOGNAME": "ana", "COLUMNS": "160", "PYTHONUNBUFFERED": "1"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLACKWATER_")}
        self._env = {**kept, **own, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        self._directory = directory
        self._dev: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()
        self.code = 0
        """Of what was typed last."""

    def types(self, command: str, answer: str) -> None:
        """Type a command and compare; AssertionError with the difference."""
        if command == DEV:
            said = self.opens_house(masked(answer)[-1])
        elif command == "echo $?":
            # A code is no number that may differ.
            assert str(self.code) == answer.strip(), f"{self.code} instead of {answer}"
            return
        else:
            said = self.says(command)
        until = time.monotonic() + AGAIN_S
        while command == LOOKED_AGAIN and masked(said) != masked(answer) and time.monotonic() < until:
            time.sleep(0.5)
            said = self.says(command)
        self.compares(command, said, answer)

    def says(self, command: str) -> str:
        """What a shell shows for a command."""
        return self._ran(["bash", "-c", command], "")

    def runs(self, program: str) -> str:
        """A Python block's output."""
        return self._ran([sys.executable, "-"], program)

    @staticmethod
    def compares(command: str, said: str, answer: str) -> None:
        difference = "\n".join(difflib.unified_diff(masked(answer), masked(said), "the page", "the product", lineterm=""))
        assert not difference, f"$ {command}\n{difference}\n\nThe product said:\n{said}"

    def _ran(self, command: list[str], typed: str) -> str:
        done = subprocess.run(
            command, cwd=self._directory, env=self._env, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=LINE_S, check=False,
        )  # fmt: skip
        self.code = done.returncode
        return done.stdout

    def opens_house(self, last: str = "Ctrl-C stops everything") -> str:
        """In the first terminal; what it says, up to the masked line `last`."""
        self._dev = subprocess.Popen(
            [sys.executable, "-m", *DEV.split()], cwd=self._directory, env=self._env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        Thread(target=self._listen, args=(self._dev,), daemon=True).start()
        until, said = time.monotonic() + START_S, ""
        while masked(said)[-1:] != [last]:
            try:
                said += self._lines.get(timeout=max(until - time.monotonic(), 0))
            except Empty:
                break
        return said

    def _listen(self, dev: subprocess.Popen[str]) -> None:
        assert dev.stdout is not None
        for line in dev.stdout:
            self._lines.put(line)

    def leaves(self) -> None:
        """Ctrl-C in the first terminal. Twice, or before there is a house, is fine."""
        if self._dev is None or self._dev.poll() is not None:
            return
        self._dev.send_signal(signal.SIGINT)
        try:
            assert self._dev.wait(90) == 0
        finally:
            self._dev.kill()
            self._dev.wait()
