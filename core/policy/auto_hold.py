"""A hold that a rule makes: what is measured of a job went beyond a bound for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..selector import parse_selector
from .flag import wrong_with_selector

METRICS: Final[Mapping[str, str]] = {
    "lag": "records that lie before the job",
    "errors_per_min": "tries of the record path that failed, in the last minute",
    "dead_letters_per_min": "records that could not be used, in the last minute",
    "memory_mb": "memory of the largest worker that runs it",
}
HOLD_PREFIX: Final = "auto:"


@dataclass(frozen=True, slots=True)
class AutoHold:
    """Hold what `selector` chooses (every job, if None) once `metric` is above `above` for `for_s` seconds.

    The hold lets go by itself after `holds_s` seconds, or when somebody releases it; never another hold than its own.
    """

    name: str
    metric: str
    above: int
    for_s: int = 60
    holds_s: int | None = None
    selector: str | None = None
    reason: str | None = None

    @property
    def hold(self) -> str:
        """The hold it makes."""
        return HOLD_PREFIX + self.name

    def chooses(self, labels: Mapping[str, str]) -> bool:
        """Is a job with these labels watched?"""
        return self.selector is None or parse_selector(self.selector).fits(labels)


def wrong_with_auto_hold(rule: AutoHold) -> str | None:
    """In words, what makes it no rule; None if it is one."""
    if rule.metric not in METRICS:
        return f"what can be watched: {', '.join(METRICS)}"
    if rule.above < 0 or not 0 <= rule.for_s <= 86_400 or not (rule.holds_s is None or 60 <= rule.holds_s <= 366 * 86_400):
        return "above is 0 or more, for 0 s to a day, a hold a minute to a year"
    return wrong_with_selector(rule.selector)
