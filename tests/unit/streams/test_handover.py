"""The handover between the two threads of a record path."""

import threading
import time

import pytest

from slackwater.streams import handover as handover_module
from slackwater.streams.handover import Handover
from slackwater.streams.taken import Taken


def _taken() -> Taken:
    return Taken([], (), threading.Event())


def test_at_most_one_waits() -> None:
    """There is room for a second batch only when the first has been taken up, and then at once."""
    handover, batches = Handover(), [_taken(), _taken()]
    assert handover.has_room(0)
    handover.put(batches[0])
    assert not handover.has_room(0.01)
    waiting = threading.Thread(target=lambda: handover.has_room(60) and handover.put(batches[1]))
    waiting.start()
    assert handover.take() is batches[0]
    waiting.join(5)
    assert not waiting.is_alive()
    handover.done()
    assert handover.take() is batches[1]


def test_what_nobody_began_can_be_withdrawn() -> None:
    """It is not worked on then, and there is room again; what is worked on is not given back."""
    handover, batch = Handover(), _taken()
    handover.put(batch)
    assert handover.withdraw() is batch
    assert handover.has_room(0)
    handover.put(batch)
    assert handover.take() is batch
    assert handover.withdraw() is None


def test_a_drain_waits_for_all() -> None:
    """Drained means done with: what waits and what is worked on."""
    handover = Handover()
    handover.put(_taken())

    def work() -> None:
        while handover.take() is not None:
            time.sleep(0.05)
            handover.done()

    worker = threading.Thread(target=work)
    worker.start()
    handover.drain(5, worker)
    assert handover.broken is None
    handover.end()
    worker.join(5)


def test_a_drain_that_cannot_end_breaks() -> None:
    """A worker that died, or takes too long, leaves the result unknown: broken, never drained."""
    for worker in (threading.Thread(target=lambda: None), threading.current_thread()):
        handover = Handover()
        handover.put(_taken())
        handover.drain(0.05, worker)
        assert isinstance(handover.broken, TimeoutError)


def test_a_batch_that_hangs_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits behind it for longer than any batch takes gives up: the partitions can then go to others."""
    monkeypatch.setattr(handover_module, "WORK_S", 0.0)
    handover = Handover()
    handover.put(_taken())
    handover.take()
    handover.put(_taken())
    assert not handover.has_room(0.01)
    assert isinstance(handover.broken, TimeoutError)


def test_what_is_broken_moves_nothing() -> None:
    """Until it is mended nothing is put or taken; what waited is thrown away, as it will be taken again."""
    handover = Handover()
    handover.put(_taken())
    assert handover.take() is not None
    handover.done(RuntimeError("commit unknown"))
    handover.put(_taken())
    assert handover.empty(1)
    handover.mend()
    batch = _taken()
    handover.put(batch)
    assert handover.take() is batch


def test_the_end() -> None:
    """After the end what was put is still handed out, then None; nothing more is put."""
    handover = Handover()
    handover.put(_taken())
    handover.end()
    assert handover.take() is not None
    handover.done()
    handover.put(_taken())
    assert handover.take() is None
