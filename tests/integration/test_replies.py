"""Where answers go, and that what becomes of them keeps neither the control topic nor the published log waiting."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import KafkaException
from tests.rig.workers import Rig

from slackwater.core.commands import Command
from slackwater.core.control.pause import Pause
from slackwater.streams.control.cloud_events import reply
from slackwater.streams.control.replies import Replies
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ensure_topics, partition_counts


def _said(rig: Rig, topic: str, command_id: str) -> list[str]:
    return [body["data"]["outcome"] for body in rig.bodies(topic) if body.get("causationid") == command_id]


def _published_all(rig: Rig) -> bool:
    seqs = [body["data"]["seq"] for body in rig.bodies(rig.topics.events)]
    return seqs == list(range(1, rig.admin.store.head().seq + 1))


def test_answers_go_where_they_were_asked_for(rig: Rig) -> None:
    """All of them: accepted, applied with the cut, refusals, also of what could not be read; the policy's own once each."""
    mine = f"{rig.job}.answers"
    ensure_topics(rig.connection, {mine: 3})
    rig.worker()
    rig.deploy_and_start()
    rig.send({"pause": rig.job, "id": "p", "reply_to": mine})
    rig.send({"pause": "ghost", "id": "g", "reply_to": mine})
    rig.send({"pause": rig.job, "raeson": "x", "id": "u", "reply_to": mine})
    window = {"set_window": "@policy", "name": "leap", "cron": "0 0 29 2 *", "lasts_s": 60}
    rig.send({**window, "id": "w", "reply_to": mine})
    rig.send({**window, "id": "v", "reply_to": mine})
    wanted = {
        "p": ["accepted", "applied"],
        "g": ["refused"],
        "u": ["refused"],
        "w": ["accepted", "applied"],
        "v": ["applied"],
    }
    rig.wait_for(lambda: {id: sorted(_said(rig, mine, id)) for id in wanted} == wanted, "the answers")
    assert rig.read(rig.topics.replies) == []


BAD_TOPICS = {
    "does not exist": "no-such-topic-{job}",
    "internal": "__consumer_offsets",
    "takes only small messages": "small-{job}",
    "the control topic": "{control}",
    "the published log": "{events}",
}


@pytest.mark.parametrize("topic", BAD_TOPICS.values(), ids=BAD_TOPICS.keys())
def test_a_topic_that_takes_no_answers(any_rig: Rig, topic: str) -> None:
    """Answers go to the replies topic within seconds, the next command is taken at once, and the log is published on."""
    rig = any_rig
    asked = topic.format(job=rig.job, control=rig.topics.control, events=rig.topics.events)
    ensure_topics(rig.connection, {f"small-{rig.job}": 1}, {f"small-{rig.job}": {"max.message.bytes": "100"}})
    rig.worker()
    rig.deploy_and_start()
    rig.send({"pause": rig.job, "id": "p", "reply_to": asked})
    rig.wait_state("PAUSED")
    rig.send({"pause": rig.job, "id": "again", "reply_to": asked})
    began = time.monotonic()
    rig.send({"resume": rig.job, "id": "r"})
    rig.wait_for(lambda: "applied" in _said(rig, rig.topics.replies, "r"), "the next command", 30)
    assert time.monotonic() - began < 20
    rig.wait_for(lambda: sorted(_said(rig, rig.topics.replies, "p")) == ["accepted", "applied"], "the answers")
    assert _said(rig, rig.topics.replies, "again") == ["applied"]
    rig.wait_for(lambda: _published_all(rig), "the published log")
    assert all(body["type"].startswith("io.slackwater.event.") for body in rig.bodies(rig.topics.events))
    commands = [body for body in rig.bodies(rig.topics.control) if "type" in body]
    assert commands == [], "an answer on the control topic would be read as a command"
    assert f"no-such-topic-{rig.job}" not in partition_counts(rig.connection)


def _answer(rig: Rig) -> Any:
    now = datetime.now(UTC)
    return reply("refused", rig.admin.store.handle(Command("c", "ghost", Pause(), "ana", "topic", now)), now)


def test_a_replies_topic_that_is_gone(rig: Rig) -> None:
    """An answer that nobody takes is dropped: it stands in the log. A topic made meanwhile is found within a second."""
    replies = Replies(rig.connection, rig.topics)
    message = _answer(rig)
    for future in rig.kafka_admin.delete_topics([rig.topics.replies]).values():
        future.result()
    rig.wait_for(lambda: rig.topics.replies not in partition_counts(rig.connection), "the topic to go")
    began = time.monotonic()
    for _ in range(3):
        replies.send(f"later-{rig.job}", message)
    assert time.monotonic() - began < 15
    ensure_topics(rig.connection, {f"later-{rig.job}": 1})
    time.sleep(1.0)
    replies.send(f"later-{rig.job}", message)
    assert len(rig.read(f"later-{rig.job}")) == 1


def test_a_broker_that_says_nothing(rig: Rig) -> None:
    """No word from Kafka is an error within seconds, for whoever sends to decide; nothing waits for ever."""
    replies = Replies(KafkaConnection("127.0.0.1:9"), rig.topics)
    began = time.monotonic()
    with pytest.raises(KafkaException):
        replies.send(None, _answer(rig))
    assert time.monotonic() - began < 8
