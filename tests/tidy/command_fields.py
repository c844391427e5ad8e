"""What each verb of the control topic reads, learnt by letting it read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, get_args

from slackwater.core.duration import duration_s
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.verbs import PolicyVerb
from slackwater.streams.control.envelope import _VERBS
from slackwater.streams.control.fields import NUMBER_MAX
from slackwater.streams.control.flat_form import _ATTRIBUTES
from slackwater.streams.control.many import VERBS_OF_MANY
from slackwater.streams.control.strict_json import BadMessage

from .product import ROOT

JOB: Final = "orders_big"
SAMPLES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "sql": "CREATE STREAM big WITH (topic = 'big_orders') AS SELECT * FROM orders",
        "version": "2",
        "reason": "warehouse maintenance CHG-4711",
        "for": "30m",
        "all_holds": True,
        "mode": "some",
        "percent": 25,
        "name": "nightly",
        "cron": "30 2 * * *",
        "zone": "Europe/Berlin",
        "lasts_s": 1800,
        "metric": "errors_per_min",
        "upper": 5,
        "lower": 0,
        "for_s": 60,
        "release_s": 600,
    }
)
"""Fields that an example shows, where a verb reads them. A verb that needs another one needs a sample of it here."""


@dataclass
class VerbFields:
    """JSON Schemas of a verb's fields by name, and those it cannot do without."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    @property
    def shown(self) -> list[str]:
        """Fields of an example."""
        return [name for name in self.properties if name in SAMPLES]


def _meanings() -> dict[str, str]:
    """Field → its meaning, from the table of docs/control-topic.md. What is only for the page's reader is left out."""
    rows = re.findall(
        r"^\| (`[^|]+) \| [^|]+ \| (.+) \|$", (ROOT / "docs/control-topic.md").read_text("utf-8"), re.MULTILINE
    )
    return {name: re.sub(r": see .*", "", words) for cell, words in rows for name in re.findall(r"`(\w+)`", cell)}


_MEANINGS: Final = _meanings()


def _schema(name: str, **schema: Any) -> dict[str, Any]:
    return {**schema, "description": _MEANINGS[name]}


class _Listener:
    """Stands in for a message's fields: gives samples, and notes what is read, and as what."""

    def __init__(self, without: str | None = None) -> None:
        self.found: dict[str, Any] = {}
        self._without = without

    def _give(self, name: str, **schema: Any) -> Any:
        if name == "job":
            # A CloudEvent's subject, or what the verb names in bare JSON: no field of its own.
            return JOB
        self.found[name] = _schema(name, **schema)
        return None if name == self._without else SAMPLES.get(name)

    def text(self, name: str) -> Any:
        return self._give(name, type="string")

    def texts(self, name: str) -> tuple[str, ...]:
        self._give(name, type="array", items={"type": "string"})
        return ()

    def number(self, name: str, largest: int = NUMBER_MAX) -> Any:
        return self._give(name, type="integer", minimum=0, maximum=largest)

    def flag(self, name: str) -> bool:
        return bool(self._give(name, type="boolean"))

    def time(self, name: str, code: str = "") -> None:
        self._give(name, type="string", format="date-time")

    def duration_s(self, name: str) -> int | None:
        given = self._give(name, type="string", examples=["90s", "30m", "1h30m", "7d"])
        return None if given is None else duration_s(given)


def _listen(read: Callable[[Any], Any]) -> VerbFields:
    listener = _Listener()
    read(listener)
    return VerbFields(listener.found, tuple(name for name in listener.found if not _does_without(read, name)))


def _and_its_name(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """As the envelope reads a verb that moves a job: a protected one wants its name."""
    return lambda fields: (read(fields), fields.text("yes_protected"))


def _does_without(read: Callable[[Any], Any], name: str) -> bool:
    try:
        read(_Listener(name))
    except BadMessage:
        return False
    return True


SUBJECTS: Final = {verb: POLICY_ID if verb in {kind.name for kind in get_args(PolicyVerb)} else JOB for verb in _VERBS}
"""Verb → what its example is about."""
MANY: Final = "team=payments,tier!=test"
"""What a second example is about, of a verb that many jobs may be asked at once."""
VERB_FIELDS: Final = {verb: _listen(_and_its_name(read) if SUBJECTS[verb] == JOB else read) for verb, read in _VERBS.items()}
for _verb in VERBS_OF_MANY:
    VERB_FIELDS[_verb].properties["yes_protected"] = _schema(
        "yes_protected", type=["string", "array"], items={"type": "string"}
    )
COMMON: Final = {
    "id": _schema("id", type="string"),
    "actor": _schema("actor", type="string"),
    "reply_to": _schema("reply_to", type="string"),
    "correlation_id": _schema("correlation_id", type="string"),
    "expected_version": _schema("expected_version", type="integer", minimum=0, maximum=NUMBER_MAX),
    "issued_at": _schema("issued_at", type="string", format="date-time"),
    "expires_at": _schema("expires_at", type="string", format="date-time"),
}
"""Beside every verb in bare JSON. That these are all is tested."""
ATTRIBUTES: Final = {
    attribute: COMMON.get(name, {"$ref": "#/components/schemas/subject"} if name == "job" else {"type": "string"})
    for attribute, name in _ATTRIBUTES.items()
}
"""Of a CloudEvent."""
