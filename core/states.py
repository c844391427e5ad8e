"""The states of a job."""

from enum import StrEnum
from typing import Final


class JobState(StrEnum):
    """Where a job is in its life, as folded from its events.

    The `-ING` states are transitional: they end when the workers' acks cover every partition, by the deadline in the
    event that began them, or when a newer wish overtakes them.
    """

    ABSENT = "ABSENT"
    """No event yet. Only the machine's starting point; never shown to anyone."""
    DEPLOYED = "DEPLOYED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"
    RESUMING = "RESUMING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


LIVE: Final = frozenset(
    {JobState.STARTING, JobState.RUNNING, JobState.PAUSING, JobState.PAUSED, JobState.RESUMING, JobState.STOPPING}
)
"""States in which workers take part in the job's consumer group."""

HOLDABLE: Final = LIVE - {JobState.STOPPING}
"""States in which a hold can be placed, by whoever."""
AT_REST: Final = frozenset({JobState.DEPLOYED, JobState.STOPPED, JobState.FAILED})
"""States in which nothing of the job runs, and nothing will until somebody starts it."""
TRANSITIONAL: Final = frozenset({JobState.STARTING, JobState.PAUSING, JobState.RESUMING, JobState.STOPPING})
"""States that wait for coverage and carry a deadline."""
