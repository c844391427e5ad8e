"""Coverage: which partitions the acks of one epoch account for."""

from slackwater.core.coverage import Coverage
from slackwater.core.cut import PartitionOffset, cut_of

ORDERS = ("orders",)


def offsets(**of: int) -> tuple[PartitionOffset, ...]:
    """`offsets(p0=7)` is partition 0 of orders at 7."""
    return cut_of({("orders", int(name[1:])): offset for name, offset in of.items()})


def test_nothing_is_covered_at_first() -> None:
    """No ack, no coverage: an input nobody spoke of is not covered, though nothing is missing by name."""
    empty = Coverage()
    assert empty.missing == ()
    assert not empty.is_complete(ORDERS)


def test_one_worker_that_owns_everything() -> None:
    """The smallest coverage."""
    coverage = Coverage().with_ack("w-1", offsets(p0=7, p1=9), {"orders": 2})
    assert coverage.is_complete(ORDERS)
    assert (coverage.missing, coverage.workers, coverage.cut) == ((), ("w-1",), offsets(p0=7, p1=9))


def test_three_workers_in_any_order() -> None:
    """Coverage does not depend on who speaks first."""
    acks = [("w-1", offsets(p0=1)), ("w-2", offsets(p1=2)), ("w-3", offsets(p2=3))]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        coverage = Coverage()
        for place in order:
            assert not coverage.is_complete(ORDERS)
            coverage = coverage.with_ack(*acks[place], {"orders": 3})
        assert coverage.is_complete(ORDERS)
        assert coverage.cut == offsets(p0=1, p1=2, p2=3)
        assert coverage.workers == ("w-1", "w-2", "w-3")


def test_the_newer_word_replaces_the_older() -> None:
    """Also by another worker, and also downwards: the offset read last from Kafka is the one that counts."""
    coverage = Coverage().with_ack("w-1", offsets(p0=9), {"orders": 2}).with_ack("w-2", offsets(p0=7), {"orders": 2})
    assert coverage.vouched == offsets(p0=7)
    assert coverage.missing == (("orders", 1),)


def test_the_highest_count_is_kept() -> None:
    """A worker with old metadata must not shrink a topic that has grown."""
    coverage = Coverage().with_ack("w-1", offsets(p0=7, p1=9), {"orders": 3}).with_ack("w-2", (), {"orders": 2})
    assert coverage.partitions == {"orders": 3}
    assert not coverage.is_complete(ORDERS)
    assert coverage.missing == (("orders", 2),)


def test_every_input_counts() -> None:
    """One covered topic of two is not enough."""
    coverage = Coverage().with_ack("w-1", offsets(p0=7), {"orders": 1})
    assert coverage.is_complete(ORDERS)
    assert not coverage.is_complete(("orders", "payments"))


def test_a_topic_without_partitions_is_not_covered() -> None:
    """Zero partitions means that the worker does not know, not that there is nothing to do."""
    assert not Coverage().with_ack("w-1", (), {"orders": 0}).is_complete(ORDERS)


def test_the_same_ack_twice_is_the_same_coverage() -> None:
    """So that a repeat appends nothing."""
    once = Coverage().with_ack("w-1", offsets(p0=7), {"orders": 2})
    assert once.with_ack("w-1", offsets(p0=7), {"orders": 2}) == once
    assert once.with_ack("w-2", offsets(p0=7), {"orders": 2}) != once
