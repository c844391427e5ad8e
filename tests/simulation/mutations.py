"""Bugs made on purpose, each one a rule of the product left out. The simulation must find every one of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from slackwater.core.control.ack import Ack, decide_ack
from slackwater.streams import positions, source
from slackwater.streams.positions import Begin
from slackwater.streams.proof import Proof
from slackwater.streams.sink import Sink
from slackwater.streams.source import Source

from .broker import Broker


def _skip_the_drain(stack: ExitStack) -> None:
    """A held path vouches without waiting for what it took."""
    stack.enter_context(patch.object(Proof, "hold_still", lambda self: self._source.hold() or True))


def _accept_a_stale_ack(stack: ExitStack) -> None:
    """An ack counts whatever epoch it speaks of, and whatever it says."""

    def lenient(job: Any, verb: Ack, at: Any) -> Any:
        from slackwater.core.want import wanted

        return decide_ack(job, Ack(verb.worker, job.epoch, wanted(job).stance, verb.offsets, verb.partitions), at)

    stack.enter_context(patch("slackwater.core.decide.decide_ack", lenient))


def _commit_when_lost(stack: ExitStack) -> None:
    """Lost partitions are treated as if they were handed back, by a client that names no member (TxnOffsetCommit v0)."""
    real = Broker.counts

    def lost(self: Source, consumer: Any, partitions: Any) -> None:
        self.group = NOBODY
        self.hand_over()
        self._forget(consumer, partitions)

    def counts(self: Broker, name: str, generation: int) -> None:
        if (name, generation) != NOBODY:
            real(self, name, generation)

    stack.enter_context(patch.object(Source, "_were_lost", lost))
    stack.enter_context(patch.object(Broker, "counts", counts))


def _seek_to_end_when_unknown(stack: ExitStack) -> None:
    """A partition without committed offsets is begun at its end."""
    real = positions.starting_positions

    def at_end(consumer: Any, partitions: Any, begin: Begin) -> Any:
        return real(consumer, partitions, Begin((), holds=True, at_end=True))

    stack.enter_context(patch.object(source.positions, "starting_positions", at_end))


def _forget_the_gate(stack: ExitStack) -> None:
    """What is assigned flows at once, by the last word heard, however old."""

    def assigned(self: Source, consumer: Any, partitions: Any) -> None:
        at = positions.starting_positions(consumer, partitions, self._begin)
        consumer.incremental_assign(at)
        self._owned |= {(tp.topic, tp.partition) for tp in partitions}
        self.group = consumer.consumer_group_metadata()
        self.has_assignment = True
        self.vouched = False

    stack.enter_context(patch.object(Source, "_assigned", assigned))


def _trust_a_hidden_retry(stack: ExitStack) -> None:
    """A commit that the client repeated by itself is taken for one that can have no second copy."""
    stack.enter_context(patch.object(Sink, "_heard", lambda self, error: None))
    stack.enter_context(patch("slackwater.streams.sink.HIDDEN_RETRY_S", float("inf")))


NOBODY: Final = ("", -99)

MUTATIONS: Final = {
    "skip the drain": _skip_the_drain,
    "accept a stale ack": _accept_a_stale_ack,
    "commit in on_lost": _commit_when_lost,
    "seek to end on missing offsets": _seek_to_end_when_unknown,
    "forget the gate in on_assign": _forget_the_gate,
    "trust a hidden retry of EndTxn": _trust_a_hidden_retry,
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The product with one of its rules left out."""
    with ExitStack() as stack:
        MUTATIONS[name](stack)
        yield
