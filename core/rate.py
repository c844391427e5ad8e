"""How fast a job may go."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateCap:
    """At most `records_per_s` over all workers, until at most `until_lag` records lie before the job."""

    records_per_s: int
    until_lag: int
