"""Threads of the product that run one at a time, and only as far as a move says: so every interleaving is a list of moves.

A strand stops where the product calls its broker, its log or a named step, and where it waits for another thread. Which
strand goes on, and by how many such points, is for the world to say; nothing depends on the operating system's scheduler.
"""

import threading
from collections.abc import Callable
from typing import Final

STUCK_AFTER: Final = 100
"""A dead strand that is still there after so many calls has caught what nobody may catch."""


class Killed(BaseException):
    """The process died here. No product code may catch it."""


class _Carrier:
    """A thread of the operating system that lends itself to one strand after another: starting one is dear."""

    idle: Final[list["_Carrier"]] = []

    def __init__(self) -> None:
        self.strand: Strand | None = None
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()
        threading.Thread(target=self._serve, name="carrier", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._go.acquire()
            assert self.strand is not None
            self.strand.body()
            self._back.release()

    def resume(self) -> None:
        """On the world's thread: let the strand run until it gives itself back."""
        self._go.release()
        self._back.acquire()

    def give_back(self) -> None:
        """On the strand's own thread: stop here until it is resumed."""
        self._back.release()
        self._go.acquire()


class Process:
    """What dies at once: strands that share memory. `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.strands: list[Strand] = []
        self.is_dead = self.is_frozen = False
        self.slow_s = 0.0
        """How long the next batch is worked on."""
        self.heard_at = self.deaf_s = 0.0
        """When it last read the log; how long after that it took records at most."""

    @property
    def is_heard(self) -> bool:
        """True while the clients' own threads can speak to the broker."""
        return not self.is_dead and not self.is_frozen

    def spawn(self, name: str, target: Callable[[], None]) -> "Strand":
        """A new strand; it runs when it is told to."""
        self.strands = [strand for strand in self.strands if not strand.is_over]
        strand = Strand(self, name, target)
        self.strands.append(strand)
        return strand

    def of(self, kind: str) -> list["Strand"]:
        """Living strands whose name begins so."""
        return [strand for strand in self.strands if not strand.is_over and strand.name.startswith(kind)]

    def run(self, kind: str, points: int, *, up_to: str = "") -> None:
        """Every strand of the kind, oldest first."""
        for strand in self.of(kind):
            strand.run(points, up_to=up_to)

    def end(self) -> None:
        """Everything unwinds; nothing reaches the broker any more."""
        self.is_dead = True
        for strand in self.strands:
            strand.end()


class Strand:
    """One thread of the product."""

    current: "Strand | None" = None
    """The strand that runs now; None on the world's own thread."""

    def __init__(self, process: Process, name: str, target: Callable[[], None]) -> None:
        self.process, self.name = process, name
        self.is_over = False
        self.error: BaseException | None = None
        self._target = target
        self._points = 0
        self._up_to = ""
        self._helper: Strand | None = None
        self._carrier: _Carrier | None = None

    def run(self, points: int, *, up_to: str = "") -> None:
        """Go on for so many points, to where it waits, to its end, or up to the next point of a name."""
        if self._helper is not None and not self._helper.is_over:
            # Somebody who waits for a helper's answer does not come first.
            self._helper.run(points, up_to=up_to)
        if self.is_over:
            return
        if self._carrier is None:
            self._carrier = _Carrier.idle.pop() if _Carrier.idle else _Carrier()
            self._carrier.strand = self
        self._points, self._up_to = points, up_to
        before, Strand.current = Strand.current, self
        self._carrier.resume()
        Strand.current = before
        if self.is_over:
            self._carrier.strand = None
            _Carrier.idle.append(self._carrier)
            self._carrier = None

    def body(self) -> None:
        """What the carrier runs."""
        try:
            if not self.process.is_dead:
                self._target()
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        self.is_over = True

    def end(self) -> None:
        """Unwind: the process is dead, so every point raises Killed."""
        for _ in range(STUCK_AFTER):
            if self._carrier is None:
                self.is_over = True
                return
            self.run(0)
        raise AssertionError(f"{self.name} outlives its process")

    def helped_by(self, helper: "Strand") -> None:
        """`helper` does something that this strand is about to wait for."""
        self._helper = helper

    def point(self, name: str) -> None:
        """A place where others may come first. Raises Killed if the process is dead."""
        if self._points <= 0 or name == self._up_to:
            self._stop()
        elif self.process.is_dead:
            raise Killed
        self._points -= 1

    def wait_until(self, ready: Callable[[], bool], timeout_s: float | None) -> bool:
        """Stop here until it is so, or until the simulated time is up; says whether it is so."""
        until = None if timeout_s is None else self.process.clock() + timeout_s
        while not ready():
            if until is not None and self.process.clock() >= until:
                return False
            self._stop()
        return True

    def _stop(self) -> None:
        assert self._carrier is not None
        if self.process.is_dead:
            raise Killed
        self._carrier.give_back()
        if self.process.is_dead:
            raise Killed


def point(name: str) -> None:
    """A point of whichever strand runs; the world's own thread has none."""
    if Strand.current is not None:
        Strand.current.point(name)


def wait_until(ready: Callable[[], bool], timeout_s: float | None) -> bool:
    """`Strand.wait_until` of whichever strand runs; the world's own thread does not wait."""
    return ready() if Strand.current is None else Strand.current.wait_until(ready, timeout_s)
