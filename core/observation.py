"""Observations: what is measured of a job and is no fact of its life. Kept beside the log, and soon forgotten."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from .cut import Cut

VIGIL: Final = "@vigil"
"""Stands for the worker in what the keeper of vigil sees: whoever it is, its word replaces the one before."""
CONTROL: Final = "@control"
"""Stands for the job in what is seen of the control topic."""
FRESH_S: Final = 30.0
"""Older than this an observation says how it was, not how it is: whoever wrote it may be gone."""
KEPT: Final = timedelta(days=1)
BATCH_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes that batches are counted in by the time they took; a last class has no bound."""


class PartitionLag(NamedTuple):
    """`offset` is the next record the job takes (None: nothing was ever committed), `end` where the partition ends."""

    topic: str
    partition: int
    offset: int | None
    end: int
    first: int = 0
    """The first record that is still there."""

    @property
    def lag(self) -> int:
        """How many offsets lie before the job; those of markers and aborted records are among them."""
        return max(self.end - max(self.first, self.offset or 0), 0)


@dataclass(frozen=True, slots=True)
class Worked:
    """What one worker has counted of a job since `since`. Bytes are those of the records' values."""

    since: datetime
    records: int = 0
    bytes_in: int = 0
    outputs: int = 0
    bytes_out: int = 0
    dead_letters: int = 0
    errors: int = 0
    """Tries that failed: it went back to the committed offsets, or joined anew."""
    batches: int = 0
    batch_s: float = 0.0
    """Time that all batches took, from taken to committed."""
    batch_classes: tuple[int, ...] = ()
    """How many batches fell into each class of BATCH_BOUNDS_S, and beyond the last."""
    records_per_s: float = 0.0
    """Over the time since the observation before."""
    last_record_at: datetime | None = None
    rss_bytes: int = 0
    """Memory of the whole worker, which may run other jobs too."""
    offsets: Cut = ()
    """The partitions it owns, and the next record of each."""
    errors_per_min: int = 0
    """Of `errors` and `dead_letters`: how many came within the last minute."""
    dead_letters_per_min: int = 0
    kind: Literal["worked"] = "worked"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the keeper of vigil saw of a job's inputs."""

    partitions: tuple[PartitionLag, ...]
    horizon_s: float | None = None
    """Seconds until something unread may be deleted; None if nothing is in danger."""
    kind: Literal["seen"] = "seen"

    @property
    def lag(self) -> int:
        """Over all partitions."""
        return sum(place.lag for place in self.partitions)


@dataclass(frozen=True, slots=True)
class ControlSeen:
    """How far the control agent has come on the control topic: `offset` is its next message."""

    offset: int
    end: int
    kind: Literal["control"] = "control"


@dataclass(frozen=True, slots=True)
class Observation:
    """What `worker` observed of a job at `at`, by its own clock. The next one of both replaces it."""

    job_id: str
    worker: str
    at: datetime
    body: Worked | Seen | ControlSeen


@dataclass(frozen=True, slots=True)
class Observed:
    """The observations of one job, put together."""

    seen: Seen | None
    seen_at: datetime | None
    worked: tuple[tuple[str, datetime, Worked], ...]
    """Worker, time and word of each that told of the job within the last day."""

    def alive(self, now: datetime) -> tuple[tuple[str, Worked], ...]:
        """Those that told within FRESH_S."""
        return tuple((worker, body) for worker, at, body in self.worked if (now - at).total_seconds() <= FRESH_S)

    def records_per_s(self, now: datetime) -> float | None:
        """Of all living workers together; None if none told."""
        alive = self.alive(now)
        return round(sum(body.records_per_s for _, body in alive), 3) if alive else None


NOTHING: Final = Observed(None, None, ())
"""Nobody told of the job."""


def forgotten(observations: Iterable[Observation]) -> datetime | None:
    """What was observed before this time is forgotten once these are kept."""
    return max((one.at - KEPT for one in observations), default=None)


def by_job(observations: Iterable[Observation]) -> dict[str, Observed]:
    """The observations, put together job by job."""
    found: dict[str, list[Observation]] = {}
    for one in observations:
        found.setdefault(one.job_id, []).append(one)
    return {job_id: _together(several) for job_id, several in found.items()}


def _together(several: list[Observation]) -> Observed:
    worked = tuple((one.worker, one.at, one.body) for one in several if isinstance(one.body, Worked))
    for one in several:
        if isinstance(one.body, Seen):
            return Observed(one.body, one.at, worked)
    return Observed(None, None, worked)
