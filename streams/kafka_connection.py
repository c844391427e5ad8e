"""How to reach Kafka, and the client settings that nobody may change from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PROTECTED: Final = frozenset(
    {
        "auto.offset.reset",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "group.id",
        "isolation.level",
        "transaction.timeout.ms",
        "transactional.id",
    }
)
"""Settings on which exactly-once and the pause rest."""


class ProtectedSetting(ValueError):
    """A Kafka setting was given that Slackwater decides itself."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"{', '.join(names)}: decided by Slackwater, a pause could not be proved otherwise; remove it")
        self.code = "protected_setting"


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Bootstrap servers and librdkafka settings (`security.protocol`, `sasl.*`, `ssl.*`, …) passed through unchanged."""

    bootstrap: str
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        wrong = sorted(PROTECTED & {name.lower() for name in self.extra})
        if wrong:
            raise ProtectedSetting(wrong)

    def client(self, **own: Any) -> dict[str, Any]:
        """Settings of one client; underscores in `own` stand for dots."""
        mine = {name.replace("_", "."): value for name, value in own.items()}
        return {"bootstrap.servers": self.bootstrap, "log_level": 2, **self.extra, **mine}
