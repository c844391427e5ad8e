"""What time does to a job: holds whose end has come, maintenance windows that are open.

By wall time, which is what the person who set it meant. Every worker looks; the decision is made once: the first release
takes the hold away, and a window asks under an id that follows from the occurrence. A worker that was down looks when it
is back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from slackwater.core.codec import payload_hash
from slackwater.core.commands import Verb
from slackwater.core.control.lapse import Lapse
from slackwater.core.control.pause import Pause
from slackwater.core.job import Job
from slackwater.core.policy.policy import Policy
from slackwater.core.policy.window import Occurrence, Window
from slackwater.core.states import HOLDABLE

SCHEDULER: Final = "scheduler"
"""The actor of what time does."""


class OpenWindow(NamedTuple):
    """A maintenance window in one of its occurrences."""

    window: Window
    occurrence: Occurrence


def due(job: Job, at: datetime) -> Iterator[Verb]:
    """What is to be asked of the job at `at`, in this order."""
    for hold in job.holds:
        if hold.until is not None and hold.until <= at:
            yield Lapse(hold.name, hold.until)


def open_windows(policy: Policy, at: datetime) -> tuple[OpenWindow, ...]:
    """The windows that are open at `at`. They begin and end with a second: asked again within it costs nothing."""
    return _open(policy, at.replace(microsecond=0))


@lru_cache(maxsize=1)
def _open(policy: Policy, at: datetime) -> tuple[OpenWindow, ...]:
    found = ((window, window.open_at(at)) for window in policy.windows)
    return tuple(OpenWindow(window, occurrence) for window, occurrence in found if occurrence is not None)


def windows_due(policy: Policy, opened: Sequence[OpenWindow], job: Job) -> Iterator[tuple[str, Pause]]:
    """The holds that open windows make of the job, each with its command id. Where pausing is off no window holds.

    The id is one for the occurrence, the job and the window as it is now: asked again it is a duplicate. So whoever released
    the hold is not overruled until the next occurrence, or until somebody changes the window.
    """
    if job.state not in HOLDABLE or not policy.flag.allows(job.id, job.spec.labels):
        return
    for window, (begins, ends) in opened:
        if window.chooses(job.spec.labels) and job.hold(window.hold) is None:
            digest = payload_hash([asdict(window), begins, job.id]).hex()[:24]
            yield f"{SCHEDULER}/{digest}", Pause(window.reason or f"window {window.name}", window.hold, until=ends)
