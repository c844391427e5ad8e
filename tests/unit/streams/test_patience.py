"""Patience: what is tried again, for how long, and what fails the job."""

import duckdb
import pytest
from confluent_kafka import KafkaError, KafkaException

from slackwater.streams.counts import Counts
from slackwater.streams.patience import PAUSE_S_MAX, TRIES_MAX, Patience
from slackwater.streams.standing import NotYet, Unmendable


def test_the_broker_is_waited_for() -> None:
    """What Kafka's absence causes is tried for ever, at growing distances up to a bound."""
    patience = Patience(Counts())
    pauses = [patience.failed(KafkaException(KafkaError(KafkaError._TRANSPORT)), "") for _ in range(100)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE_S_MAX


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("boom"), "record_path"), (duckdb.OutOfMemoryException("full"), "resource_limit")]
)
def test_what_fails_again_and_again(error: Exception, code: str) -> None:
    """After so many tries without progress the job fails with cause and place; progress starts the count anew."""
    patience = Patience(Counts())
    for _ in range(TRIES_MAX - 1):
        patience.failed(error, "")
    patience.succeeded()
    for _ in range(TRIES_MAX - 1):
        patience.failed(error, "")
    with pytest.raises(Unmendable, match=r"6 tries, last at orders\[0\] offset 7") as failed:
        patience.failed(error, "last at orders[0] offset 7")
    assert failed.value.code == code


def test_what_no_retry_mends() -> None:
    """A refusal by the broker is final at once."""
    with pytest.raises(Unmendable) as failed:
        Patience(Counts()).failed(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), "")
    assert failed.value.code == "not_authorized"


def test_what_may_pass_is_given_time() -> None:
    """An end that lies before the job may be a broker that has just come back; only if it stays is it another topic."""
    patience = Patience(Counts())
    error = NotYet(Unmendable("topic_identity_changed", "orders[0] ends at 3, the job stands at 5"))
    for _ in range(TRIES_MAX - 1):
        patience.failed(error, "")
    with pytest.raises(Unmendable) as failed:
        patience.failed(error, "")
    assert failed.value.code == "topic_identity_changed"


def test_kinds_are_counted_apart() -> None:
    """A broker that was away says nothing about a topic or a batch: those get all their tries."""
    patience = Patience(Counts())
    for _ in range(3 * TRIES_MAX):
        patience.failed(KafkaException(KafkaError(KafkaError._TRANSPORT)), "")
    for error in (NotYet(Unmendable("topic_identity_changed", "")), RuntimeError("boom")):
        for _ in range(TRIES_MAX - 1):
            patience.failed(error, "")


def test_standing_says_nothing_of_a_batch() -> None:
    """A path that proves where it stands between two tries of a batch that fails is still not tried for ever."""
    patience = Patience(Counts())
    for _ in range(TRIES_MAX - 1):
        patience.failed(RuntimeError("boom"), "")
        patience.stands()
    with pytest.raises(Unmendable):
        patience.failed(RuntimeError("boom"), "")


@pytest.mark.parametrize("code", [KafkaError.INVALID_RECORD, KafkaError.POLICY_VIOLATION])
def test_what_the_broker_refuses_again_and_again(code: int) -> None:
    """An answer that no new producer mends is no absence: the job fails with it."""
    patience = Patience(Counts())
    for _ in range(TRIES_MAX - 1):
        patience.failed(KafkaException(KafkaError(code)), "")
    with pytest.raises(Unmendable) as failed:
        patience.failed(KafkaException(KafkaError(code)), "")
    assert failed.value.code == "record_path"


@pytest.mark.parametrize("code", [KafkaError.ILLEGAL_GENERATION, KafkaError.INVALID_PRODUCER_EPOCH])
def test_fencing_passes(code: int) -> None:
    """Being counted out is mended by a new membership or a new producer, and is tried for ever."""
    patience = Patience(Counts())
    for _ in range(3 * TRIES_MAX):
        patience.failed(KafkaException(KafkaError(code)), "")
