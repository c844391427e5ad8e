"""Whoever drives the wire: one proxy process, told what to do to the frames that pass."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

END_TXN, TXN_OFFSET_COMMIT, COMMIT = "EndTxn", "TxnOffsetCommit", "COMMIT"
REQUESTS, REPLIES = "requests", "replies"
WIRE = Path(__file__).with_name("wire.py")


class Proxy:
    """A process of its own, so that it shares no interpreter with the readers and producers of the test."""

    def __init__(self, tongue: str, front: int, behind: int | Path) -> None:
        self._command = [sys.executable, "-P", str(WIRE), tongue, str(front), str(behind)]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._read() == {"ready": True}
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        process = self._process
        if process is not None and process.stdin is not None and process.stdout is not None:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()

    def catch(self, kind: str, do: str, late_s: float = 0.0) -> None:
        """The next request of this kind: `lose reply`, or pass it on `late`."""
        self._order("rule", kind=kind, do=do, late_s=late_s)

    def answers(self) -> Counter[str]:
        """What the server said to the request that was caught; empty until it did."""
        return Counter(self._order("ask")["answers"])

    def wait_answer(self, timeout_s: float) -> str | None:
        """The same, waited for. None if nothing was caught, or the server went before it answered."""
        until = time.monotonic() + timeout_s
        while not (found := self.answers()):
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        return next(iter(found))

    def leave(self) -> None:
        """Let everything pass."""
        self._order("rule")
        self.stall()

    def stall(self, *directions: str) -> None:
        """Hold back what goes in these directions, without cutting anything; no direction lets all flow again."""
        self._order("stall", directions=directions)

    def cut(self) -> None:
        """Every connection, now."""
        self._order("cut")

    def _order(self, order: str, **more: Any) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, **more}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the proxy has ended"
        return json.loads(line)
