"""Tally: what is counted of the log. A fold of its events, so it is the same after a restart and in every worker."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from . import events as e
from .control.expire import FALLBACK
from .control.pause import OPERATOR
from .evolve import evolve_recorded
from .histogram import Histogram
from .job import Job
from .policy.events import PolicyEvent
from .policy.rule import RULE_PREFIX
from .policy.window import HOLD_PREFIX
from .recorded import Recorded
from .states import TRANSITIONAL, JobState

PAUSE_BOUNDS_S: Final = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400)
TRANSITION_BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60)
"""Around what is promised: a pause within two seconds, a resume within three, both within five."""

_HOLD_KINDS: Final = {HOLD_PREFIX: "window", RULE_PREFIX: "auto"}
PAUSE_CODES: Final = frozenset({"operator", "named_hold", *_HOLD_KINDS.values()})
"""Why a job was paused: by the hold that began it, never in the words of whoever asked."""
RESUME_CODES: Final = frozenset({"released", "hold_ended"})
_PROVED: Final[dict[type[e.JobEvent], str]] = {
    e.JobStarted: "start",
    e.JobPaused: "pause",
    e.JobResumed: "resume",
    e.JobStopped: "stop",
}
_HOLDING: Final = frozenset({JobState.PAUSING, JobState.RESUMING})


class Tally:
    """Counts of all events taken so far. Take them in `seq` order, each once."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.paused: Counter[tuple[str, str]] = Counter()
        """By job and PAUSE_CODES."""
        self.resumed: Counter[tuple[str, str]] = Counter()
        """By job and RESUME_CODES."""
        self.fell_short: Counter[tuple[str, str]] = Counter()
        """Pauses and resumes that were accepted and did not come to what was asked, by job and code."""
        self.failures: Counter[tuple[str, str]] = Counter()
        """By job and failure code."""
        self.pauses: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(PAUSE_BOUNDS_S))
        """By job, the seconds of each pause that is over: from its proof until the job left PAUSED."""
        self.transitions: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(TRANSITION_BOUNDS_S))
        """By verb, the seconds from wish to proof. What was overtaken or fell short is not among them."""
        self._asked: dict[str, str] = {}

    def take(self, recorded: Recorded) -> None:
        """Count one event. Raises IllegalTransition for one that cannot follow."""
        if isinstance(recorded.event, PolicyEvent):
            return
        before = self.jobs.get(recorded.job_id)
        after = self.jobs[recorded.job_id] = evolve_recorded(before, recorded)
        self._remember(recorded)
        if before is not None and before.since is not None:
            self._count(before, recorded.event, (recorded.at - before.since).total_seconds())
            if before.state is JobState.PAUSED and after.state is not JobState.PAUSED:
                self.pauses[before.id].add((recorded.at - before.since).total_seconds())

    def _remember(self, recorded: Recorded) -> None:
        """Who wished what is proved later."""
        match recorded.event:
            case e.PauseRequested(hold):
                self._asked[recorded.job_id] = pause_code(hold)
            case e.ResumeRequested():
                # At a worker's hand it is time that let the hold go.
                self._asked[recorded.job_id] = "hold_ended" if recorded.channel == "worker" else "released"

    def _count(self, before: Job, event: e.JobEvent, since_s: float) -> None:
        if type(event) in _PROVED and before.state in TRANSITIONAL:
            self.transitions[_PROVED[type(event)]].add(since_s)
        match event:
            case e.JobPaused():
                self.paused[before.id, self._asked[before.id]] += 1
            case e.JobResumed():
                self.resumed[before.id, self._asked[before.id]] += 1
            case e.JobFailed(code):
                self.failures[before.id, code] += 1
                if before.state in _HOLDING:
                    self.fell_short[before.id, code] += 1
            case e.StopRequested(str(reason)) if reason.startswith(FALLBACK):
                self.fell_short[before.id, "fallback"] += 1


def pause_code(hold: str) -> str:
    """What kind of hold it is: one of PAUSE_CODES."""
    kind = next((kind for prefix, kind in _HOLD_KINDS.items() if hold.startswith(prefix)), "named_hold")
    return "operator" if hold == OPERATOR else kind


def tally(events: Iterable[Recorded]) -> Tally:
    """The counts of these events, from the first on."""
    found = Tally()
    for recorded in events:
        found.take(recorded)
    return found
