"""What happens to one call over the wire: lost, answered in vain, late, sent twice, without end, or the caller's death."""

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from .strands import Killed, Strand, point, wait_until

KINDS: Final = ("die before", "die after", "lose request", "lose reply", "arrive late", "hide retry", "hang")
CALLS: Final = {
    "log": 3,
    "consume": 1,
    "committed": 3,
    "commit": 3,
    "watermarks": 1,
    "leave": 1,
    "init": 3,
    "produce": 4,
    "send offsets": 5,
    "commit transaction": 6,
    "abort transaction": 1,
    "describe topics": 1,
    "describe group": 1,
    "list offsets": 1,
    "bounds": 1,
}
"""Every call that goes over a wire, by how often a fault is wanted there."""


def refused(code: int) -> KafkaException:
    """What a broker's error becomes in the client."""
    return KafkaException(KafkaError(code))


def timed_out() -> KafkaException:
    """The client gave up waiting: nobody knows what became of it."""
    return refused(KafkaError._TIMED_OUT)


class Faults:
    """The next call of a name meets what was planned for it. Requests on their way arrive when the world says so."""

    def __init__(self) -> None:
        self.planned: dict[str, str] = {}
        self.met: Counter[str] = Counter()
        self.on_their_way: list[tuple[str, Callable[[], Any]]] = []

    def around(
        self,
        call: str,
        effect: Callable[[], Any],
        *,
        error: Callable[[], Exception] | None = timed_out,
        wire_broke: Callable[[], None] | None = None,
    ) -> Any:
        """Do what the call does, unless this is where the fault is. Other strands may come first.

        A client that repeats a request by itself says so only by `wire_broke`; where it cannot, it repeats nothing. A call
        without an `error` cannot fail.
        """
        assert call in CALLS
        point(call)
        kind = self.planned.pop(call, "") if self.planned else ""
        if not kind:
            return effect()
        self.met[f"{kind}: {call}"] += 1
        match kind:
            case "die before":
                self._die(call, error)
            case "die after":
                effect()
                self._die(call, error)
            case "lose request" if error is not None:
                raise error()
            case "lose reply" if error is not None:
                effect()
                raise error()
            case "arrive late" if error is not None:
                self.on_their_way.append((call, effect))
                raise error()
            case "hide retry" if wire_broke is not None:
                self.on_their_way.append((call, effect))
                wire_broke()
            case "hang" if call == "send offsets":
                wait_until(lambda: False, None)
        return effect()

    @staticmethod
    def _die(call: str, error: Callable[[], Exception] | None) -> None:
        if Strand.current is None:
            # Whoever asks from outside the simulated processes only sees no answer.
            raise (error or timed_out)()
        Strand.current.process.is_dead = True
        raise Killed(call)

    def strike(self, call: str) -> None:
        """The worst moment for a request of this kind to be late: those on their way get there now."""
        while found := [n for n, (name, _) in enumerate(self.on_their_way) if name == call]:
            self.arrive(found[0])

    def arrive(self, which: int) -> None:
        """One of the requests on their way gets there. Nobody hears the answer."""
        if self.on_their_way:
            _, effect = self.on_their_way.pop(which % len(self.on_their_way))
            with contextlib.suppress(KafkaException):
                effect()
