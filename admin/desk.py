"""What the admin API hands back for a command, and how a store's errors become its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from slackwater.core.control.rollout import becoming
from slackwater.core.cut import Cut
from slackwater.core.job import Job
from slackwater.core.result import Result
from slackwater.core.states import JobState
from slackwater.persistence.errors import StoreError, StoreRefused, StoreUnavailable

from .errors import InvalidCommand, NotAllowed, Unavailable


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command came to. `changed` is False if it was already so; then `since`, `by` and `reason` say since when."""

    job: str
    verb: str
    changed: bool
    before: JobState | None
    accepted_state: JobState | None
    state: JobState | None
    command_id: str
    seq: int | None
    version: int
    took_s: float
    cut: Cut
    """Up to where everything is committed; empty while the workers are at it (PAUSING, STOPPING)."""
    since: datetime | None = None
    by: str | None = None
    reason: str | None = None
    duplicate: bool = False
    resumes_at: datetime | None = None
    """When a job that is held lets itself go."""
    spec_version: str | None = None
    """Of the text the job has now, or gets by the rollout that is under way."""


def view(result: Result, before: Job | None, job: Job | None, state: JobState | None, began: float) -> CommandResult:
    """The result as the admin API gives it; `job` is what is known of the job last."""
    is_cut = state not in {JobState.PAUSING, JobState.STOPPING}
    return CommandResult(
        result.job_id,
        result.verb,
        result.changed,
        before.state if before else None,
        result.state,
        state,
        result.command_id,
        result.seq,
        result.version,
        round(time.monotonic() - began, 3),
        job.cut if job and is_cut else (),
        result.since,
        result.by,
        result.reason,
        result.duplicate,
        job.resumes_at if job else None,
        becoming(job).version if job else None,
    )


@contextmanager
def translated() -> Iterator[None]:
    """A store's errors as the admin API's own."""
    try:
        yield
    except StoreUnavailable as error:
        raise Unavailable(error.code, error.message, hint=error.hint) from error
    except StoreRefused as error:
        kind = NotAllowed if error.code == "access_denied" else Unavailable
        raise kind(error.code, error.message, hint=error.hint) from error
    except StoreError as error:
        raise InvalidCommand(error.code, error.message, hint=error.hint) from error
