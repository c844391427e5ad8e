"""An event as it stands in the log."""

from dataclasses import dataclass
from datetime import datetime

from .events import JobEvent
from .policy.events import PolicyEvent

GENESIS = bytes(32)
"""What the first event's `prev_hash` is."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """`event` in its place: `seq` is dense over the log, `version` over the job, `hash` chains to `prev_hash`."""

    seq: int
    job_id: str
    version: int
    epoch: int
    at: datetime
    actor: str
    channel: str
    command_id: str
    event: JobEvent | PolicyEvent
    schema_version: int
    prev_hash: bytes
    hash: bytes
