"""What a job is to do, as deployed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

UNNAMED: Final = "1"
"""The version of a text that names none. So it says nothing, and other texts have it too."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A named SQL statement with a version. Stored in the log for ever, so it must hold no secret."""

    sql: str
    version: str = UNNAMED
    output_topic: str | None = None
    """Where a bare SELECT writes; what the text says itself comes first."""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    description: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    on_deadline: str = "stop"
    """What a transition that is not proved in time comes to: `stop` (a pause falls back to a stop, all else fails), `wait`
    or `fail`."""
    on_retention: str = "warn"
    """What a paused job does when retention is about to delete what it has not read: `warn`, `resume` or `stop`."""

    @property
    def is_protected(self) -> bool:
        """Has it the label `protected=true`? Then nobody moves the job without saying its name."""
        return self.labels.get("protected") == "true"

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of what decides the output: text, version and output topic."""
        text = "\0".join((self.sql, self.version, self.output_topic or ""))
        return hashlib.sha256(text.encode()).hexdigest()
