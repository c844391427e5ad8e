"""Waiting for the log to grow: one background thread a store, any number of waiters."""

import threading
import time
from collections.abc import Callable


class Watcher:
    """Knows the last `seq` seen. Told by the store's own appends at once, by a listening thread for everyone else's."""

    def __init__(self, read_head: Callable[[], int], listen: Callable[[Callable[[], None], threading.Event], None]) -> None:
        self._read_head = read_head
        self._listen = listen
        self._changed = threading.Condition()
        self._seq = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def saw(self, seq: int) -> None:
        """The log is at least this long."""
        with self._changed:
            if seq > self._seq:
                self._seq = seq
                self._changed.notify_all()

    def wait(self, after_seq: int, timeout_s: float) -> int:
        """Block until the log is longer than `after_seq` or time is up; the last `seq` seen."""
        self._ensure_thread()
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while self._seq <= after_seq and not self._stop.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return max(self._seq, after_seq)

    def close(self) -> None:
        """End the thread. Closing twice is fine."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(3.0)

    def _ensure_thread(self) -> None:
        with self._changed:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="log-watcher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
                self._listen(self._look, self._stop)
            except Exception:
                # A wake-up is a convenience: whoever waits polls at least once a second. Try again shortly.
                self._stop.wait(1.0)

    def _look(self) -> None:
        self.saw(self._read_head())
