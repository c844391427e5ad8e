"""What a command comes to. A refusal is a value, not an exception: it is recorded, answered and nothing moves."""

from dataclasses import dataclass, field
from datetime import datetime

from .events import JobEvent
from .states import JobState


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command is legal; these events are to be appended together, or not at all."""

    events: tuple[JobEvent, ...]


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """The job already is what was asked for. Success; nothing is appended."""

    since: datetime | None = None
    by: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The command may not happen now. `code` is from a closed set (docs/control-topic.md); `legal` is what may."""

    code: str
    message: str
    hint: str | None = None
    state: JobState | None = None
    legal: tuple[str, ...] = field(default=())


Decision = Accepted | AlreadySo | Refused
