"""Where answers go: the topic that was asked for, if it is one and takes them, else the replies topic.

A sender may name any topic. So answers have a producer of their own: what a topic refuses, or never answers, must hold up
neither the next command nor the published log.
"""

import contextlib
import threading
import time
from functools import cached_property
from typing import Any, Final

import structlog
from cloudevents.core.bindings.kafka import KafkaMessage
from confluent_kafka import KafkaError, KafkaException, Producer

from ..kafka_connection import WIRE_BROKE, KafkaConnection
from ..topics import ControlTopics

log = structlog.get_logger()
SEND_TIMEOUT_S: Final = 5.0
LOOK_TIMEOUT_S: Final = 2.0
KNOWN_FOR_S: Final = 30.0
"""So long a topic is taken to exist, or to be unfit, without asking again."""
LOOK_AGAIN_S: Final = 1.0
"""A topic that was not there may have been made since; but a flood of bad names must not become a flood of requests."""
UNANSWERED: Final = WIRE_BROKE | {KafkaError._MSG_TIMED_OUT}


class Replies:
    """Sends answers. One in a worker; may be used from any thread."""

    def __init__(self, connection: KafkaConnection, topics: ControlTopics) -> None:
        self._connection = connection
        self._topics = topics
        self._known: frozenset[str] = frozenset()
        self._looked_at = -KNOWN_FOR_S
        self._unfit: dict[str, float] = {}
        self._lock = threading.Lock()

    @cached_property
    def _producer(self) -> Producer:
        return self._connection.producer(message_timeout_ms=int(SEND_TIMEOUT_S * 1000), linger_ms=0)

    def send(self, reply_to: str | None, message: KafkaMessage) -> None:
        """Send the answer to `reply_to`, or to the replies topic if it was not given, does not exist or takes no answers.

        Returns when Kafka has it, or has refused it on both: then it is dropped, with a warning. Raises KafkaException if
        there was no word from Kafka within SEND_TIMEOUT_S on the replies topic.
        """
        with self._lock:
            if reply_to is None or not self._takes_answers(reply_to):
                self._fall_back(message)
                return
            failure = self._produce(reply_to, message)
            if failure is not None:
                self._fall_back(message)
                # Only now: a topic is not at fault while no other answers.
                self._unfit[reply_to] = time.monotonic()
                log.warning("a topic takes no answers; they go to the replies topic", topic=reply_to, cause=failure.str())

    def _fall_back(self, message: KafkaMessage) -> None:
        topic = self._topics.replies
        failure = self._produce(topic, message) if self._is_fit(topic) else KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
        if failure is None:
            return
        if failure.code() in UNANSWERED:
            # A broker that has just come back does not know its topics: so this is asked last, not first.
            self._look()
            if topic in self._known:
                raise KafkaException(failure)
            self._unfit[topic] = time.monotonic()
        log.warning("an answer is dropped; the log has it", topic=topic, cause=failure.str())

    def _takes_answers(self, topic: str) -> bool:
        """Never the control topic, where it would be a command, nor the published log, which is the log and nothing else."""
        if topic in {self._topics.control, self._topics.events} or not self._is_fit(topic):
            return False
        age_s = time.monotonic() - self._looked_at
        if age_s >= (KNOWN_FOR_S if topic in self._known else LOOK_AGAIN_S):
            with contextlib.suppress(KafkaException):
                self._look()
        return topic in self._known

    def _is_fit(self, topic: str) -> bool:
        return time.monotonic() - self._unfit.get(topic, -KNOWN_FOR_S) >= KNOWN_FOR_S

    def _look(self) -> None:
        """Ask for the whole list: asked for by name, a missing topic may be made by the broker."""
        found = self._producer.list_topics(timeout=LOOK_TIMEOUT_S).topics
        self._known = frozenset(name for name, there in found.items() if there.error is None)
        self._looked_at = time.monotonic()

    def _produce(self, topic: str, message: KafkaMessage) -> KafkaError | None:
        """What went wrong; None if Kafka has it."""
        answers: list[KafkaError | None] = []
        headers: list[tuple[str, Any]] = list(message.headers.items())
        try:
            self._producer.produce(
                topic,
                key=message.key,
                value=message.value,
                headers=headers,
                on_delivery=lambda failure, _: answers.append(failure),
            )
        except KafkaException as error:
            failure: KafkaError = error.args[0]
            return failure
        self._producer.flush(SEND_TIMEOUT_S + 1)
        return answers[0] if answers else KafkaError(KafkaError._MSG_TIMED_OUT)
