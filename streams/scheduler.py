"""What time does to a job: holds whose end has come. By wall time, which is what the person who set it meant.

Every worker looks; the decision is made once, because the first release takes the hold away. A worker that was down at the
moment looks when it is back.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from slackwater.core.commands import Verb
from slackwater.core.control.lapse import Lapse
from slackwater.core.job import Job

SCHEDULER: Final = "scheduler"
"""The actor of what time does."""


def due(job: Job, at: datetime) -> Iterator[Verb]:
    """What is to be asked of the job at `at`, in this order."""
    for hold in job.holds:
        if hold.until is not None and hold.until <= at:
            yield Lapse(hold.name, hold.until)
