"""How many records may be taken now, of a job that was resumed slowly: a token bucket (Turner 1986) of one second."""

from collections.abc import Callable

from slackwater.core.rate import RateCap

from .standing import Standing


class Allowance:
    """One worker's share of a job's rate. One thread; `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._records = 0.0
        self._at = clock()

    def records(self, cap: RateCap | None, standing: Standing | None, most: int) -> int:
        """Whole records that may be taken now, at most `most`: of a cap we have the share that our partitions are."""
        if cap is None or standing is None:
            return most
        now = self._clock()
        per_s = cap.records_per_s * len(standing.offsets) / max(sum(standing.partitions.values()), 1)
        self._records = min(self._records + (now - self._at) * per_s, max(per_s, 1.0))
        self._at = now
        return min(int(self._records), most)

    def took(self, records: int) -> None:
        """So many were taken."""
        self._records -= records
