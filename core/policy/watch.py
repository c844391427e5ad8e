"""What a rule comes to for one job, from one look to the next. Time is that of the watcher's monotonic clock."""

from dataclasses import dataclass, replace

from ..commands import TEXT_CHARS_MAX
from ..control.rearm import Rearm
from ..control.trip import Trip
from ..duration import duration_text
from ..job import Job
from ..states import HOLDABLE, JobState
from .rule import METRICS, Level, Rule


@dataclass(frozen=True, slots=True)
class Stretch:
    """A value has been at `level` in every look from `since` to `looked`, in monotonic seconds."""

    level: Level
    since: float
    looked: float

    @property
    def lasted_s(self) -> float:
        """So long it is known to be there."""
        return self.looked - self.since


def stretched(before: Stretch | None, level: Level, now: float, gap_s: float) -> Stretch:
    """After one more look. Over more than `gap_s` seconds without one nobody knows what was: it begins anew."""
    if before is None or before.level is not level or now - before.looked > gap_s:
        return Stretch(level, now, now)
    return replace(before, looked=now)


def level_of(rule: Rule, job: Job, value: int | None) -> Level:
    """Where the value is, as far as the job itself answers for it.

    A job that is held, or goes slowly because it was told to, falls behind by no fault of its own: it is not too high
    then, and begins anew once it runs.
    """
    level = rule.level(value)
    is_told = job.state is not JobState.RUNNING or (rule.metric == "lag" and job.cap is not None)
    return Level.BETWEEN if level is Level.HIGH and is_told else level


def judged(rule: Rule, job: Job, stretch: Stretch, value: int | None) -> Trip | Rearm | None:
    """What is to be asked of a job that the rule chooses. Must ask nothing about a hold that the rule has not placed."""
    if job.state not in HOLDABLE:
        return None
    tripped_at, held = job.tripped.get(rule.hold), job.hold(rule.hold)
    if stretch.level is Level.HIGH and value is not None and tripped_at is None and held is None:
        return Trip(rule.hold, rule.metric, value, _why(rule, value)) if stretch.lasted_s >= rule.for_s else None
    if stretch.level is not Level.LOW or tripped_at is None:
        return None
    if held is None or held.since != tripped_at:
        return Rearm(rule.hold, tripped_at)
    if rule.release_s is None or stretch.lasted_s < rule.release_s:
        return None
    why = f"{rule.metric} at {rule.lower} or less for {duration_text(rule.release_s)}"
    return Rearm(rule.hold, tripped_at, why)


def _why(rule: Rule, value: int) -> str:
    """far behind: lag 12000, at 10000 records or more for 1m."""
    unit = METRICS[rule.metric].unit
    told = f"{rule.metric} {value}, at {rule.upper} {unit} or more for {duration_text(rule.for_s)}"
    return f"{rule.reason}: {told}"[:TEXT_CHARS_MAX] if rule.reason else told
