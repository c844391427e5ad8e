"""Rules that hold jobs by themselves, watched by whoever keeps vigil: from what was observed, for how long by its own clock.

What a rule has done stands in the log, so another worker that takes over asks nothing twice; only how long a value has been
where it is begins anew with it.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from slackwater.core.control.rearm import Rearm
from slackwater.core.control.trip import Trip
from slackwater.core.job import Job
from slackwater.core.observation import NOTHING, Observation, by_job
from slackwater.core.policy.policy import Policy
from slackwater.core.policy.rule import Rule
from slackwater.core.policy.watch import Stretch, judged, level_of, stretched

UNSEEN_LOOKS: Final = 3
"""So many looks may be missing before a value's while begins anew."""


class RuleWatch:
    """Looks every `interval_s` seconds. One thread; `clock` is monotonic seconds."""

    def __init__(self, interval_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = UNSEEN_LOOKS * interval_s
        self._clock = clock
        self._stretches: dict[tuple[str, Rule], Stretch] = {}

    def look(
        self, policy: Policy, jobs: Iterable[Job], observations: Iterable[Observation], at: datetime
    ) -> Iterator[tuple[Job, Trip | Rearm]]:
        """What is to be asked of which job. A rule that was changed is another one, and watches from now on."""
        now, observed = self._clock(), by_job(observations)
        kept: dict[tuple[str, Rule], Stretch] = {}
        for job in jobs:
            for rule in policy.rules_for(job.id, job.spec.labels):
                value = rule.value(observed.get(job.id, NOTHING), at)
                before = self._stretches.get((job.id, rule))
                stretch = kept[job.id, rule] = stretched(before, level_of(rule, job, value), now, self._gap_s)
                verb = judged(rule, job, stretch, value)
                if verb is not None:
                    yield job, verb
        self._stretches = kept
