"""Bugs made on purpose, each one a rule of the product left out. The simulation must find every one of them."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from slackwater.core.control.ack import Ack, decide_ack
from slackwater.core.want import wanted
from slackwater.streams import empty_group, positions, record_path
from slackwater.streams.handover import Handover
from slackwater.streams.sink import Sink
from slackwater.streams.source import Source
from slackwater.streams.standing import Standing

from .group import NO_MEMBER
from .moves import DEAF

FIRST_LOOK: Final = {
    "accept a stale ack": 60,
    "conclude over members": 355,
    "rewind under a batch in work": 105,
    "skip settle": 883,
    "take before the log knows": 6773,
}
"""Where a mutation was caught once: looked at first, so that a test takes seconds. Any other seed will do."""


def _skip_the_drain(stack: ExitStack) -> None:
    """A held path vouches without waiting for what it took."""
    stack.enter_context(patch.object(Handover, "drain", lambda self, timeout_s, worker: None))


def _skip_settle(stack: ExitStack) -> None:
    """A held path vouches once its last commit is decided, written or not."""
    stack.enter_context(patch.object(Sink, "settle", lambda self, offsets, group: None))


def _accept_a_stale_ack(stack: ExitStack) -> None:
    """An ack counts whatever epoch it speaks of, and whatever it says."""

    def lenient(job: Any, verb: Ack, at: Any) -> Any:
        return decide_ack(job, Ack(verb.worker, job.epoch, wanted(job).stance, verb.offsets, verb.partitions), at)

    stack.enter_context(patch("slackwater.core.decide.decide_ack", lenient))


class _Unnamed:
    """A consumer that names no member (TxnOffsetCommit v0)."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def consumer_group_metadata(self) -> Any:
        return NO_MEMBER


def _commit_when_lost(stack: ExitStack) -> None:
    """Lost partitions are treated as if they were handed back, by a client that names no member."""

    def lost(self: Any, consumer: Any, partitions: Any) -> None:
        self._revoked(_Unnamed(consumer), partitions)

    stack.enter_context(patch.object(Source, "_were_lost", lost))


def _seek_to_end_when_unknown(stack: ExitStack) -> None:
    """A partition without committed offsets is begun at its end."""

    def place(consumer: Any, keys: Any, want: Any, **_: Any) -> None:
        ends = positions.partitions_of(keys)
        for tp in ends:
            tp.offset = positions.watermarks(consumer, tp.topic, tp.partition)[1]
        consumer.commit(offsets=ends, asynchronous=False)
        for tp in ends:
            consumer.seek(tp)

    stack.enter_context(patch.object(positions, "place", place))


def _forget_the_gate(stack: ExitStack) -> None:
    """What is assigned flows at once, by the last word heard, however old."""
    real: Any = Source._assigned

    def assigned(self: Any, consumer: Any, partitions: Any) -> None:
        real(self, consumer, partitions)
        flows = {(tp.topic, tp.partition) for tp in partitions} - self._unplaced
        consumer.resume(positions.partitions_of(flows))
        self._held -= flows
        self.assigned_at = 0.0

    stack.enter_context(patch.object(Source, "_assigned", assigned))


def _trust_a_hidden_retry(stack: ExitStack) -> None:
    """A commit that the client repeated by itself is taken for one that can have no second copy."""
    stack.enter_context(patch.object(Sink, "_heard", lambda self, error: None))


def _rewind_under_a_batch(stack: ExitStack) -> None:
    """Records are taken again while the batch that holds them is still worked on."""

    def empty(self: Any, timeout_s: float) -> bool:
        self._waiting = None
        return True

    stack.enter_context(patch.object(Handover, "empty", empty))


def _take_before_the_log_knows(stack: ExitStack) -> None:
    """Records are taken before the log has the worker's word that it runs."""
    stack.enter_context(patch.object(Standing, "is_cleared_by", lambda self, want: True))


def _conclude_over_members(stack: ExitStack) -> None:
    """A group that has members is taken for one that nobody is in."""
    stack.enter_context(patch.object(empty_group, "members", lambda admin, group: {}))


def _forget_the_lease(stack: ExitStack) -> None:
    """A word from the log holds for ever."""
    stack.enter_context(patch.object(record_path, "LEASE_S", math.inf))


MUTATIONS: Final = {
    "skip the drain": _skip_the_drain,
    "skip settle": _skip_settle,
    "accept a stale ack": _accept_a_stale_ack,
    "commit in on_lost": _commit_when_lost,
    "seek to end on missing offsets": _seek_to_end_when_unknown,
    "forget the gate in on_assign": _forget_the_gate,
    "trust a hidden retry of EndTxn": _trust_a_hidden_retry,
    "rewind under a batch in work": _rewind_under_a_batch,
    "take before the log knows": _take_before_the_log_knows,
    "conclude over members": _conclude_over_members,
    "forget the lease": _forget_the_lease,
}
WRITTEN: Final = {"forget the lease": DEAF}
"""By which moves a mutation is looked for that seeds hardly ever come by."""


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The product with one of its rules left out."""
    with ExitStack() as stack:
        MUTATIONS[name](stack)
        yield
