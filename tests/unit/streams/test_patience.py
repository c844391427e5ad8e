"""Patience: what is tried again, for how long, and what fails the job."""

import duckdb
import pytest
from confluent_kafka import KafkaError, KafkaException

from slackwater.streams.patience import PAUSE_S_MAX, TRIES_MAX, Patience
from slackwater.streams.standing import NotYet, Unmendable


def test_the_broker_is_waited_for() -> None:
    """What Kafka's absence causes is tried for ever, at growing distances up to a bound."""
    patience = Patience()
    pauses = [patience.failed(KafkaException(KafkaError(KafkaError._TRANSPORT)), "") for _ in range(100)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE_S_MAX


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("boom"), "record_path"), (duckdb.OutOfMemoryException("full"), "resource_limit")]
)
def test_what_fails_again_and_again(error: Exception, code: str) -> None:
    """After so many tries without progress the job fails with cause and place; progress starts the count anew."""
    patience = Patience()
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
        Patience().failed(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), "")
    assert failed.value.code == "not_authorized"


def test_what_may_pass_is_given_time() -> None:
    """An end that lies before the job may be a broker that has just come back; only if it stays is it another topic."""
    patience = Patience()
    error = NotYet(Unmendable("topic_identity_changed", "orders[0] ends at 3, the job stands at 5"))
    for _ in range(TRIES_MAX - 1):
        patience.failed(error, "")
    with pytest.raises(Unmendable) as failed:
        patience.failed(error, "")
    assert failed.value.code == "topic_identity_changed"


def test_a_bare_kafka_error() -> None:
    """What a callback raises comes without its exception; it is waited for like any other."""
    patience = Patience()
    for _ in range(3 * TRIES_MAX):
        patience.failed(KafkaError(KafkaError._TIMED_OUT), "")  # type: ignore[arg-type]
