"""What became of a command: the answer every door gives, kept with the command id for ever."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .states import JobState


class Outcome(StrEnum):
    """Accepted appended events; already changed nothing and is success; refused changed nothing and is not."""

    ACCEPTED = "accepted"
    ALREADY = "already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """The first answer to a command id. Asking again with the same content gives it again, with `duplicate` set."""

    command_id: str
    job_id: str
    verb: str
    outcome: Outcome
    state: JobState | None
    """The job's state after the command; None if there is no such job."""
    version: int = 0
    epoch: int = 0
    seq: int | None = None
    """Position in the log of the last event it appended."""
    events: tuple[str, ...] = ()
    code: str | None = None
    message: str | None = None
    hint: str | None = None
    legal: tuple[str, ...] = ()
    since: datetime | None = None
    by: str | None = None
    reason: str | None = None
    duplicate: bool = False
    correlation: str | None = None
    """The sender's own id of the command, if that is not `command_id`."""
    correlation_id: str | None = None
    """What the sender wants to know the answers by."""
    traceparent: str | None = None
    """The trace it belongs to: what carries it out is traced under it."""
    batch_id: str | None = None
    """The id of the message that asked many jobs, if this is the answer for one of them."""

    @property
    def changed(self) -> bool:
        """True if the command appended events."""
        return self.outcome is Outcome.ACCEPTED

    def again(self) -> "Result":
        """This result as the answer to the same command, asked once more."""
        return replace(self, duplicate=True)
