"""What a worker counts of each job, over all the record paths it has for it: no fact of the job's life."""

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from slackwater.core.cut import Cut, cut_of
from slackwater.core.histogram import Histogram
from slackwater.core.observation import BATCH_BOUNDS_S, Worked

_MINUTE_S: Final = 60.0
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Counts:
    """Of one job. Written once a batch by the record path's threads, read by anyone: a reader may see half of a batch."""

    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    records: int = 0
    bytes_in: int = 0
    outputs: int = 0
    bytes_out: int = 0
    dead_letters: int = 0
    errors: int = 0
    batch_s: Histogram = field(default_factory=lambda: Histogram(BATCH_BOUNDS_S))
    last_record_at: datetime | None = None
    committed: Cut = ()
    """Where the last batch left the partitions it owned."""

    def worked(self, owned: Cut, records_per_s: float, rss_bytes: int) -> Worked:
        """All of it, as it is observed. `owned` is what was vouched for last."""
        moved = {(at.topic, at.partition): at.offset for at in self.committed}
        offsets = cut_of({(t, p): max(offset, moved.get((t, p), 0)) for t, p, offset in owned})
        return Worked(
            self.since,
            self.records,
            self.bytes_in,
            self.outputs,
            self.bytes_out,
            self.dead_letters,
            self.errors,
            self.batch_s.count,
            round(self.batch_s.total, 6),
            tuple(self.batch_s.classes),
            records_per_s,
            self.last_record_at,
            rss_bytes,
            offsets,
        )


class CountsOfJobs(dict[str, Counts]):
    """The counts of each job this worker has run, made when first asked for."""

    def __missing__(self, job_id: str) -> Counts:
        made = self[job_id] = Counts()
        return made


class Rates:
    """Records a second of each job, from one call to the next. `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._before: dict[str, tuple[float, int]] = {}

    def of(self, job_id: str, records: int) -> float:
        """Since the last call for this job; 0 at the first."""
        now = self._clock()
        at, before = self._before.get(job_id, (now, records))
        self._before[job_id] = (now, records)
        return round((records - before) / (now - at), 3) if now > at else 0.0


class LastMinute:
    """What came of errors and dead letters of each job within the last minute. `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._looks: dict[str, deque[tuple[float, int, int]]] = {}

    def of(self, job_id: str, counts: Counts) -> tuple[int, int]:
        """Errors and dead letters since the last look that is a minute old; at first, since counting began."""
        now = self._clock()
        looks = self._looks.setdefault(job_id, deque([(now, 0, 0)]))
        looks.append((now, counts.errors, counts.dead_letters))
        while looks[1][0] <= now - _MINUTE_S:
            looks.popleft()
        _, errors, dead_letters = looks[0]
        return counts.errors - errors, counts.dead_letters - dead_letters


def rss_bytes() -> int:
    """Memory of this process that is in RAM. 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
