"""A rule that holds jobs by itself: once a watched value was at its upper bound for a while, until it is well below.

Two bounds and two whiles, so that a value that swings around one of them does not make a job stop and go.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from ..observation import FRESH_S, Observed
from ..selector import parse_selector
from .flag import wrong_with_selector

RULE_PREFIX: Final = "rule:"
FOR_S: Final = 60
"""So long a value is too high before a job is held, if nobody says."""
WHILE_S_MAX: Final = 7 * 86_400
BOUND_MAX: Final = 2**53
"""What every reader of JSON can count to."""
NO_RELEASE_HINT: Final = "leave out the time to release (--release-after, release_s): then a person lets go"


class Metric(NamedTuple):
    """What a rule may watch. `of` is None while nobody has told of it lately: then it is neither high nor low."""

    unit: str
    means: str
    of: Callable[[Observed, datetime], int | None]
    falls_while_held: bool = True
    """Else only a person can let go of what a rule on it holds."""


def _lag(observed: Observed, now: datetime) -> int | None:
    if observed.seen is None or observed.seen_at is None or (now - observed.seen_at).total_seconds() > FRESH_S:
        return None
    return observed.seen.lag


def _errors(observed: Observed, now: datetime) -> int | None:
    alive = observed.alive(now)
    return sum(body.errors_per_min for _, body in alive) if alive else None


def _dead_letters(observed: Observed, now: datetime) -> int | None:
    alive = observed.alive(now)
    return sum(body.dead_letters_per_min for _, body in alive) if alive else None


def _memory(observed: Observed, now: datetime) -> int | None:
    return max((body.rss_bytes // 1_000_000 for _, body in observed.alive(now)), default=None)


METRICS: Final[Mapping[str, Metric]] = {
    "lag": Metric("records", "what lies before the job, over all partitions", _lag, falls_while_held=False),
    "errors_per_min": Metric("tries", "tries that failed within the last minute, over all workers", _errors),
    "dead_letters_per_min": Metric("records", "records set aside within the last minute, over all workers", _dead_letters),
    "memory_mb": Metric("MB", "memory of the largest worker that runs the job, with all else it runs", _memory),
}


class Level(StrEnum):
    """Where a watched value is. Between the bounds nothing begins and nothing ends."""

    UNKNOWN = "unknown"
    LOW = "low"
    BETWEEN = "between"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Rule:
    """Jobs that `selector` chooses (every job, if None) are held once `metric` was `upper` or more for `for_s` seconds.

    The rule lets go once it was `lower` or less for `release_s` seconds; if that is None, only a person does.
    """

    name: str
    metric: str
    upper: int
    lower: int
    for_s: int = FOR_S
    release_s: int | None = None
    selector: str | None = None
    reason: str | None = None

    @property
    def hold(self) -> str:
        """The hold it makes. Who releases it is not overruled until the value was low again."""
        return RULE_PREFIX + self.name

    def chooses(self, labels: Mapping[str, str]) -> bool:
        """Does it watch a job with these labels?"""
        return self.selector is None or parse_selector(self.selector).fits(labels)

    def value(self, observed: Observed, now: datetime) -> int | None:
        """What it watches, as it was told last; None if nobody told of it lately."""
        return METRICS[self.metric].of(observed, now)

    def level(self, value: int | None) -> Level:
        """Where this value is by the rule's bounds."""
        if value is None:
            return Level.UNKNOWN
        if value >= self.upper:
            return Level.HIGH
        return Level.LOW if value <= self.lower else Level.BETWEEN


def wrong_with_rule(rule: Rule) -> str | None:
    """In words, what makes it no rule; None if it is one."""
    if rule.metric not in METRICS:
        return f"there is nothing to watch called {rule.metric[:40]!r}; one of {', '.join(METRICS)}"
    if not 0 <= rule.lower < rule.upper <= BOUND_MAX:
        return f"the lower bound is 0 or more and below the upper one; {rule.lower} and {rule.upper} are not so"
    if not all(0 <= while_s <= WHILE_S_MAX for while_s in (rule.for_s, rule.release_s or 0)):
        return f"a value is watched for {WHILE_S_MAX // 86_400} days at most"
    return wrong_with_selector(rule.selector)


def never_releases(rule: Rule) -> str | None:
    """In words, why a rule that is to let go by itself could not. Such rules may stand in older logs."""
    if rule.release_s is None or METRICS[rule.metric].falls_while_held:
        return None
    return f"a job that is held does not catch up: a rule on {rule.metric} never lets go by itself"
