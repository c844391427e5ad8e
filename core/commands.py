"""The envelope in which every door hands over what someone asks for."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from .control.ack import Ack
from .control.conclude import Conclude
from .control.deploy import Deploy
from .control.expire import Expire
from .control.fail import Fail
from .control.lapse import Lapse
from .control.lift_cap import LiftCap
from .control.pause import Pause
from .control.rearm import Rearm
from .control.report_gap import ReportGap
from .control.resume import Resume
from .control.rollout import Rollback
from .control.start import Start
from .control.stop import Stop
from .control.trip import Trip
from .control.unreadable import Unreadable
from .control.warn import Warn
from .policy.policy import POLICY_ID
from .policy.verbs import PolicyVerb

JOB_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
BAD_JOB_ID: Final = "bad_job_id"
TEXT_CHARS_MAX: Final = 1000
"""Longest reason, actor or hold name taken from outside."""
COMMAND_ID_BYTES_MAX: Final = 200
"""Longest command id, as UTF-8: every database must be able to index it."""

DOORS: Final = ("api", "cli", "http", "topic")
"""By which operators ask; a worker's own commands come by `worker`."""
OperatorVerb = Deploy | Rollback | Start | Pause | Resume | Stop
WatcherVerb = Ack | Fail | Expire | Conclude | ReportGap | Warn | Lapse | LiftCap | Trip | Rearm
Verb = OperatorVerb | PolicyVerb | WatcherVerb | Unreadable


class Position(NamedTuple):
    """Where on the control topic a command stood."""

    topic: str
    partition: int
    offset: int

    @property
    def name(self) -> str:
        """The place in one word: `slackwater.control/0/42`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Command:
    """What someone asks of one job.

    `id` makes it idempotent: the same id with the same content is answered with the first result, with other content it
    is refused. `at` is the time of handling in UTC, set by the desk that decides; all else comes from whoever asks.
    """

    id: str
    job_id: str
    verb: Verb
    actor: str
    channel: str
    """The door it came by: `api`, `cli`, `http`, `topic` or `worker`."""
    at: datetime
    expected_version: int | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    position: Position | None = None
    reply_to: str | None = None
    correlation: str | None = None
    """The sender's own id of the command where the log has it under another: what answers name as their cause."""
    correlation_id: str | None = None
    """What the sender wants to know the answers by: they repeat it, and it means nothing else."""
    traceparent: str | None = None
    """W3C trace context of what caused it. Answers repeat it, and workers trace by it."""
    yes_protected: str | None = None
    """The job's name, said once more: a job with the label `protected=true` is moved by nobody who does not say it."""
    batch_id: str | None = None
    """The id of the message that asked it of many jobs, of which this is one."""

    @property
    def place(self) -> str | None:
        """Its own place on the control topic, if it came from there: one message may ask many jobs."""
        if self.position is None:
            return None
        return f"{self.position.name}/{self.job_id}" if self.batch_id and self.job_id else self.position.name


def is_job_id(text: str) -> bool:
    """Job ids are lower case, 1–63 of `a-z 0-9 . _ -`, and begin with a letter or digit."""
    return isinstance(text, str) and JOB_ID.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """What a command may be about: a job, or the policy."""
    return text == POLICY_ID or is_job_id(text)


def id_in_batch(batch_id: str, job_id: str) -> str:
    """The id of a batch's command for one of its jobs: the same at every door, so another door asks nobody twice."""
    return f"{batch_id}/{job_id}"


def is_command_id(text: str) -> bool:
    """Command ids are printable text of 1–200 bytes of UTF-8."""
    return isinstance(text, str) and text.isprintable() and 1 <= len(text.encode()) <= COMMAND_ID_BYTES_MAX
