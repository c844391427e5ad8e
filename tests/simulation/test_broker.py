"""The simulated broker keeps the rules of the real one that the product leans on: what it may not do is never tried."""

import random

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition

from .broker import INPUT, Broker
from .connection import SimAdmin
from .faults import Faults
from .group import Group

IN = (INPUT, 0)


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def broker(time: Time) -> Broker:
    made = Broker(time, {INPUT: 1, "out": 1, "other": 1}, session_s=10.0, transaction_s=8.0)
    made.transactions.lags = True
    return made


def code_of(error: pytest.ExceptionInfo[KafkaException]) -> int:
    code: int = error.value.args[0].code()
    return code


def test_a_decided_transaction_shows_partition_by_partition(broker: Broker) -> None:
    """Committed is not visible: that takes a marker in each partition, and whatever was open before it to have ended."""
    seen: list[bytes] = []
    broker.on_visible = lambda key, value: seen.append(value)
    a, b = broker.transactions.init("a"), broker.transactions.init("b")
    broker.write("b", b, "other", [(None, b"0:9")])
    for topic, value in (("out", b"0:1"), ("other", b"0:2")):
        broker.write("a", a, topic, [(None, value)])
    broker.transactions.end("a", a, commits=True)
    assert seen == []
    assert set(broker.to_become_visible()) == {("out", 0), ("other", 0)}
    broker.transactions.mark()
    assert seen == [b"0:1"]
    assert set(broker.to_become_visible()) == {("other", 0)}
    broker.transactions.end("b", b, commits=False)
    broker.transactions.mark()
    assert seen == [b"0:1", b"0:2"]


def test_the_next_transaction_waits_for_every_marker(broker: Broker) -> None:
    """Neither a transaction of the same id nor `init` comes before them."""
    epoch = broker.transactions.init("a")
    broker.write("a", epoch, "out", [(None, b"0:1")])
    broker.transactions.end("a", epoch, commits=True)
    for early in (lambda: broker.write("a", epoch, "other", [(None, b"0:2")]), lambda: broker.transactions.init("a")):
        with pytest.raises(KafkaException) as error:
            early()
        assert code_of(error) == KafkaError.CONCURRENT_TRANSACTIONS
    broker.transactions.mark()
    assert broker.transactions.init("a") > epoch
    with pytest.raises(KafkaException) as error:
        broker.write("a", epoch, "other", [(None, b"0:2")])
    assert code_of(error) == KafkaError._FENCED


def test_of_two_commits_the_later_written_counts(broker: Broker) -> None:
    """Also where the earlier one comes into force afterwards, with its transaction's marker."""
    epoch = broker.transactions.init("a")
    name = broker.group.join()
    broker.add_offsets("a", epoch, {IN: 7}, name, broker.group.generation)
    broker.offsets.commit({IN: 3})
    broker.transactions.end("a", epoch, commits=True)
    broker.transactions.mark()
    assert broker.offsets.committed == {IN: 3}


def test_offsets_are_unstable_until_the_marker(broker: Broker) -> None:
    """The admin client is answered partition by partition: an error of its own, and no offset."""
    epoch = broker.transactions.init("a")
    broker.offsets.commit({IN: 3})
    broker.add_offsets("a", epoch, {IN: 7}, broker.group.join(), broker.group.generation)
    admin = SimAdmin(broker, Faults())

    def asked() -> tuple[int, int | None]:
        answers = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("g", [TopicPartition(*IN)])], True, 1.0)
        (found,) = answers["g"].result().topic_partitions
        return found.offset, found.error and found.error.code()

    assert asked() == (-1001, KafkaError.UNSTABLE_OFFSET_COMMIT)
    broker.transactions.end("a", epoch, commits=True)
    assert asked() == (-1001, KafkaError.UNSTABLE_OFFSET_COMMIT)
    broker.transactions.mark()
    assert asked() == (7, None)


def test_a_transaction_is_aborted_some_time_after_its_time_is_up(broker: Broker, time: Time) -> None:
    """The coordinator looks every ten seconds; until then it may still be committed."""
    epoch = broker.transactions.init("a")
    time.now = 1.0
    broker.write("a", epoch, "out", [(None, b"0:1")])
    time.now = 9.5
    broker.tick()
    assert broker.transactions.begun("a", epoch).commits is None
    time.now = 11.0
    broker.tick()
    with pytest.raises(KafkaException) as error:
        broker.transactions.end("a", epoch, commits=True)
    assert code_of(error) == KafkaError._FENCED


def test_a_partition_has_one_owner(time: Time) -> None:
    """Whatever joins, leaves and lags behind: nobody is assigned what another said it has."""
    chance = random.Random(7)
    keys = [(INPUT, n) for n in range(5)]
    group = Group(time, 10.0, lambda: keys)
    owned: dict[str, set[tuple[str, int]]] = {}
    for _ in range(2000):
        names = sorted(owned)
        what = chance.random()
        if what < 0.05 and len(names) < 4:
            owned[group.join()] = set()
        elif what < 0.08 and names:
            name = chance.choice(names)
            del owned[name]
            group.leave(name)
        elif names:
            name = chance.choice(names)
            if group.is_rebalancing and not group.members[name].has_joined:
                group.rejoin(name, owned[name])
            elif not group.is_rebalancing:
                gone, owned[name] = owned[name] - group.members[name].assigned, set(group.members[name].assigned)
                if gone:
                    group.rebalance()
        everything = [key for keys_of_one in owned.values() for key in keys_of_one]
        assert len(everything) == len(set(everything))
    assert len(owned) > 0
