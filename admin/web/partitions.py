"""The partitions of a job's inputs as its page shows them: one look at Kafka, the log's cut beside it, and who owns each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from slackwater.core.cut import PartitionKey
from slackwater.core.job import Job
from slackwater.core.observation import PartitionLag
from slackwater.core.states import JobState

PROVED: Final = frozenset({JobState.PAUSED, JobState.STOPPED})
"""States whose cut is proved to be committed."""
STILL: Final = PROVED | {JobState.FAILED}
"""Who reads nothing loses what retention deletes meanwhile."""


@dataclass(frozen=True, slots=True)
class Place:
    """One partition. Only the log knows `cut`; the rest was seen, and is None where nobody looked."""

    topic: str
    partition: int
    cut: int | None
    next: int | None = None
    end: int | None = None
    lag: int | None = None
    worker: str | None = None


def places_of(job: Job, seen: Sequence[PartitionLag], owners: Mapping[PartitionKey, str]) -> list[Place]:
    """In the order of the look, or of the cut where nobody looked. Of a job that is proved still no partition is shown
    before its cut: a look from before the last commit is older than the proof."""
    cut = {(at.topic, at.partition): at.offset for at in job.cut}
    if not seen:
        return [Place(*key, offset, worker=owners.get(key)) for key, offset in cut.items()]
    return [_place(at, cut.get((at.topic, at.partition)), owners, is_proved=job.state in PROVED) for at in seen]


def _place(at: PartitionLag, cut: int | None, owners: Mapping[PartitionKey, str], *, is_proved: bool) -> Place:
    if is_proved and cut is not None:
        offset = max(cut, at.offset or 0)
        at = at._replace(offset=offset, end=max(at.end, offset))
    return Place(at.topic, at.partition, cut, at.offset, at.end, at.lag, owners.get((at.topic, at.partition)))


def lag_of(places: Sequence[Place]) -> int | None:
    """Over all partitions; None if nobody looked."""
    return sum(place.lag or 0 for place in places) if any(place.lag is not None for place in places) else None
