"""How to reach Kafka, and the client settings that nobody may change from outside."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

PROTECTED: Final = frozenset(
    {
        "acks",
        "auto.offset.reset",
        "bootstrap.servers",
        "delivery.timeout.ms",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "group.id",
        "group.instance.id",
        "group.protocol",
        "heartbeat.interval.ms",
        "isolation.level",
        "log.connection.close",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "max.poll.interval.ms",
        "message.send.max.retries",
        "message.timeout.ms",
        "metadata.broker.list",
        "metadata.recovery.strategy",
        "partition.assignment.strategy",
        "request.required.acks",
        "retries",
        "session.timeout.ms",
        "transaction.timeout.ms",
        "transactional.id",
    }
)
"""Settings on which exactly-once and the pause rest, with their other names."""

WIRE_BROKE: Final = frozenset({-195, -187, -185})
"""_TRANSPORT, _ALL_BROKERS_DOWN, _TIMED_OUT: after one of these a request may have two copies on their way."""
_QUIET_AND_BRISK: Final = {"log_level": 2, "reconnect.backoff.max.ms": 1000}
"""librdkafka waits up to 10 s before it tries a broken connection again: longer than a session."""
CALLBACKS: Final = frozenset({"on_delivery", "error_cb"})
CLIENT_PREFIX: Final = "slackwater-"
"""Before the name of a worker in what its consumers call themselves."""
KEY_FILES: Final = ("ssl.key.location", "ssl.keystore.location")


class BadKafkaSettings(ValueError):
    """Kafka settings that cannot be used; `code` and `hint` say why and what to do."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Bootstrap servers and librdkafka settings (`security.protocol`, `sasl.*`, `ssl.*`, …) passed through unchanged.

    Raises BadKafkaSettings for a setting that Slackwater decides itself, and for a private key that everyone may read.
    """

    bootstrap: str
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    session_timeout_s: float = 10.0
    """After so long without a sign of life a worker's partitions go to others."""
    prefix: str = "slackwater"
    """Begins the names of groups and transactional ids: two control planes on one cluster must not share them."""

    def __post_init__(self) -> None:
        wrong = sorted(PROTECTED & {name.lower() for name in self.extra})
        if wrong:
            message = f"{', '.join(wrong)}: decided by Slackwater, a pause could not be proved otherwise"
            raise BadKafkaSettings("protected_setting", message, "remove it from kafka_settings")
        for name in KEY_FILES:
            if name in self.extra and _is_open_to_all(self.extra[name]):
                raise BadKafkaSettings("unsafe_key_file", f"{name}: everyone may read that file", "chmod 600 it")

    @property
    def session_timeout_ms(self) -> int:
        """The same in Kafka's unit."""
        return int(self.session_timeout_s * 1000)

    @property
    def transaction_timeout_ms(self) -> int:
        """Shorter than the session: a member that was thrown out can then never land an EndTxn."""
        return self.session_timeout_ms * 8 // 10

    def group_of(self, job_id: str) -> str:
        """The name of a job's consumer group."""
        return f"{self.prefix}.job.{job_id}"

    def consumer(self, **own: Any) -> "Consumer":
        """A consumer of these brokers."""
        from confluent_kafka import Consumer

        return Consumer(self.client(**own))

    def producer(self, **own: Any) -> "Producer":
        """A producer to these brokers."""
        from confluent_kafka import Producer

        return Producer(self.client(**own))

    def admin(self) -> "AdminClient":
        """A client that asks and manages."""
        from confluent_kafka.admin import AdminClient

        return AdminClient(self.client())

    def client(self, **own: Any) -> dict[str, Any]:
        """Settings of one client; underscores in `own` stand for dots."""
        mine = {name if name in CALLBACKS else name.replace("_", "."): value for name, value in own.items()}
        return {"bootstrap.servers": self.bootstrap, **_QUIET_AND_BRISK, **self.extra, **mine}


def _is_open_to_all(path: str) -> bool:
    try:
        return bool(os.stat(path).st_mode & stat.S_IROTH)
    except OSError:
        return False  # librdkafka says what is wrong with it
