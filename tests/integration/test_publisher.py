"""The published log goes on exactly where it stands, also where Kafka has forgotten how far it was."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import ConfigResource, ResourceType
from tests.rig.workers import Rig

from slackwater.core.commands import Command
from slackwater.core.control.start import Start
from slackwater.streams.control.anchor import Published, last_published
from slackwater.streams.control.publisher import Publisher
from slackwater.streams.control.replies import Replies

T = TypeVar("T")


def _publish(rig: Rig) -> int:
    """What a new publisher has to publish."""

    def once() -> int:
        publisher = Publisher(rig.admin.store, rig.connection, rig.topics, Replies(rig.connection, rig.topics))
        try:
            publisher.open()
            return publisher.publish()
        finally:
            publisher.close()

    return _again(once)


def _again(ask: Callable[[], T]) -> T:
    """A broker that has just come up is asked again, as a worker does."""
    for _ in range(20):
        try:
            return ask()
        except KafkaException as error:
            failure = error
            time.sleep(0.5)
    raise failure


def _forget(rig: Rig) -> None:
    """What brokers do a week after the last event, as the group has no members."""
    (future,) = rig.kafka_admin.delete_consumer_groups([f"{rig.topics.prefix}.publisher"]).values()
    future.result()


def _seqs(rig: Rig) -> list[int]:
    return [body["data"]["seq"] for body in rig.bodies(rig.topics.events)]


def _ask(rig: Rig, id: str, verb: Any) -> None:
    assert rig.admin.store.handle(Command(id, rig.job, verb, "ana", "api", datetime.now(UTC))).changed


def test_a_forgotten_cursor(rig: Rig) -> None:
    """The next publisher goes on after the last event that stands on the topic: none is published twice."""
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    assert (_publish(rig), _publish(rig)) == (1, 0)
    _ask(rig, "s", Start())
    _forget(rig)
    assert (_publish(rig), _seqs(rig)) == (1, [1, 2])
    _forget(rig)
    assert (_publish(rig), _seqs(rig)) == (0, [1, 2])


def test_the_last_event_behind_much_that_is_none(rig: Rig) -> None:
    """Aborted transactions and foreign messages at the end of the topic do not hide it, however many they are."""
    assert _again(lambda: last_published(rig.connection, rig.topics.events)) is None
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    _publish(rig)
    (recorded,) = rig.admin.store.read()
    foreign = Producer(rig.connection.client(transactional_id=f"{rig.job}.foreign"))
    foreign.init_transactions(20)
    for _ in range(3):
        foreign.begin_transaction()
        for _ in range(500):
            foreign.produce(rig.topics.events, value=b'{"data": {"seq": 99, "hash": "00"}}')
        foreign.flush(20)
        foreign.abort_transaction(20)
    foreign.begin_transaction()
    for value in (b"", b"[]", b"\xff", b'{"type": "io.slackwater.reply.applied.v1", "data": {"seq": 99, "hash": "00"}}'):
        foreign.produce(rig.topics.events, value=value)
    foreign.commit_transaction(20)
    assert last_published(rig.connection, rig.topics.events) == Published(1, recorded.hash.hex())
    _forget(rig)
    assert _publish(rig) == 0


def test_the_events_topic_keeps_everything(rig: Rig) -> None:
    """A broker that deletes after a week would take the last event away together with the cursor."""
    resource = ConfigResource(ResourceType.TOPIC, rig.topics.events)
    (future,) = rig.kafka_admin.describe_configs([resource]).values()
    found = future.result()
    assert (found["retention.ms"].value, found["cleanup.policy"].value) == ("-1", "delete")


def test_a_worker_whose_cursor_was_forgotten(rig: Rig) -> None:
    """The same with a worker that died and one that came after it."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.wait_for(lambda: len(_seqs(rig)) == rig.admin.store.head().seq, "the published log")
    rig.kill(worker)
    _forget(rig)
    rig.worker("w-2")
    rig.admin.pause_job(rig.job, timeout=60)
    rig.wait_for(lambda: len(_seqs(rig)) >= rig.admin.store.head().seq, "the published log")
    assert _seqs(rig) == list(range(1, rig.admin.store.head().seq + 1))
