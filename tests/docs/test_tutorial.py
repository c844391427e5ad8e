"""The tutorial, typed word for word into a real house: what it says comes of each line is what comes of it."""

import difflib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from .blocks import ROOT, Block, blocks, dialogue

PAGE = ROOT / "docs/tutorial/first-pause.md"
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
    """Whoever sits at the two terminals."""

    def __init__(self, directory: Path) -> None:
        own = {"LOGNAME": "ana", "COLUMNS": "160", "PYTHONUNBUFFERED": "1"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLACKWATER_")}
        self._env = {**kept, **own, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        self._directory = directory
        self._code = 0
        self._dev: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()

    def types(self, command: str, answer: str) -> None:
        """Type a command and compare; AssertionError with the difference."""
        if command == DEV:
            said = self._start(masked(answer)[-1])
        elif command == "echo $?":
            # A code is no number that may differ.
            assert str(self._code) == answer.strip(), f"{self._code} instead of {answer}"
            return
        else:
            said = self._run(command)
        until = time.monotonic() + AGAIN_S
        while command == LOOKED_AGAIN and masked(said) != masked(answer) and time.monotonic() < until:
            time.sleep(0.5)
            said = self._run(command)
        self.compares(command, said, answer)

    def runs(self, program: str) -> str:
        """A Python block's output."""
        return self._ran([sys.executable, "-"], program)

    @staticmethod
    def compares(command: str, said: str, answer: str) -> None:
        difference = "\n".join(difflib.unified_diff(masked(answer), masked(said), "the page", "the product", lineterm=""))
        assert not difference, f"$ {command}\n{difference}\n\nThe product said:\n{said}"

    def _run(self, command: str) -> str:
        return self._ran(["bash", "-c", command], "")

    def _ran(self, command: list[str], typed: str) -> str:
        done = subprocess.run(
            command, cwd=self._directory, env=self._env, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=LINE_S, check=False,
        )  # fmt: skip
        self._code = done.returncode
        return done.stdout

    def _start(self, last: str) -> str:
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
        """Ctrl-C in the first terminal."""
        assert self._dev is not None
        self._dev.send_signal(signal.SIGINT)
        try:
            assert self._dev.wait(90) == 0
        finally:
            self._dev.kill()
            self._dev.wait()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    found = Reader(tmp_path)
    yield found
    if found._dev is not None and found._dev.poll() is None:
        found.leaves()


@pytest.mark.slow
@pytest.mark.kafka
def test_word_for_word(reader: Reader) -> None:
    """Each command, Python block and exit code in the page's order, on one house; Ctrl-C at the end leaves in order."""
    found = list(blocks(PAGE))
    assert [block.kind for block in found].count("console") >= 6
    for block, after in zip(found, [*found[1:], Block("", "", 0)], strict=True):
        if block.kind == "console":
            for said in dialogue(block):
                reader.types(said.command, "\n".join(said.answer))
        elif block.kind == "python":
            reader.compares(f"line {block.line}", reader.runs(block.text), after.text if after.kind == "text" else "")
    reader.leaves()


def test_a_page_that_differs_is_found() -> None:
    """A word, a state, a line too many or a partition too few is a difference; a number, a time or an id is none."""
    product = "orders_big  RUNNING → PAUSED  0.48 s  orders[0..3] at 128 115 117 111  cmd dcf3e119\n  until 9m 53s\n"
    Reader.compares("", product, "orders_big RUNNING → PAUSED 1.2 s orders[0..3] at 7 0 1,000 9 cmd 0badcafe\nuntil 4s")
    for page in (
        product.replace("PAUSED", "PAUSING"),
        product.replace(" 111", ""),
        product + "one more\n",
        product.replace("until", "since"),
        "",
    ):
        with pytest.raises(AssertionError):
            Reader.compares("", product, page)
