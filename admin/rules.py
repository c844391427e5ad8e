"""What an operator asks about rules that hold jobs by themselves."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from slackwater.core.job import Job
from slackwater.core.observation import NOTHING, Observed, by_job
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.rule import FOR_S, Level, Rule
from slackwater.core.policy.verbs import RemoveRule, SetRule
from slackwater.core.states import HOLDABLE
from slackwater.persistence.store import EventStore

from .desk import CommandResult, translated
from .door import Door


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """What a rule sees of a job now, by what workers told last."""

    job: str
    rule: str
    metric: str
    value: int | None
    """None while nobody tells of it: no worker runs the job, or it is at rest."""
    level: Level
    """Where the value is by the rule's bounds: `high`, `between`, `low` or `unknown`."""
    holds: bool
    """The rule's own hold stands."""
    would_hold: bool
    """It will be held if the value stays `high` for as long as the rule says."""
    tripped_at: datetime | None
    """When the rule placed its hold last; None once the value was low again. Until then it does not hold anew."""


class RulesAdmin:
    """The part of `Admin` that is about rules. Every change is an event of the policy."""

    store: EventStore
    _door: Door

    def set_rule(
        self,
        name: str,
        metric: str,
        *,
        upper: int,
        lower: int,
        for_s: int = FOR_S,
        release_s: int | None = None,
        selector: str | None = None,
        reason: str | None = None,
        **how: Any,
    ) -> CommandResult:
        """Hold the jobs that `selector` chooses (every job, if None) while `metric` is too high.

        `metric` is `lag`, `errors_per_min`, `dead_letters_per_min` or `memory_mb`. The hold `rule:<name>` comes when it was
        `upper` or more for `for_s` seconds, and goes when it was `lower` or less for `release_s` seconds (None: when a
        person lets go). Changes the rule of that name if there is one. Raises InvalidCommand `bad_policy`; see `Door.ask`
        for `how`, and `watched_jobs` for what it would hold.
        """
        rule = Rule(name, metric, upper, lower, for_s, release_s, selector, reason)
        return self._door.ask(POLICY_ID, SetRule(rule), **how)

    def remove_rule(self, name: str, *, reason: str | None = None, **how: Any) -> CommandResult:
        """The rule holds no more jobs. Those it holds now stay held until somebody releases them."""
        return self._door.ask(POLICY_ID, RemoveRule(name, reason), **how)

    def watched_jobs(self, rule: Rule | None = None) -> tuple[WatchedJob, ...]:
        """Of each rule, or of one that need not be there yet, the jobs it watches and what it sees of them now."""
        with translated():
            policy, known = self.store.policy(), self.store.jobs()
            observed = by_job(self.store.observations())
        policy = policy if rule is None else replace(policy, rules=(rule,))
        now = datetime.now(UTC)
        found = [
            _watched(one, job, observed.get(job.id, NOTHING), now)
            for job in known
            for one in policy.rules_for(job.id, job.spec.labels)
        ]
        return tuple(sorted(found, key=lambda one: (one.rule, one.job)))


def now_text(job: WatchedJob) -> str:
    """What the rule makes of the job, in words."""
    if job.holds:
        return "holds it"
    if job.tripped_at is not None:
        return "released by a person; not again until it is low"
    return "would hold it" if job.would_hold else str(job.level)


def _watched(rule: Rule, job: Job, observed: Observed, now: datetime) -> WatchedJob:
    value = rule.value(observed, now)
    level, tripped_at, held = rule.level(value), job.tripped.get(rule.hold), job.hold(rule.hold)
    would_hold = level is Level.HIGH and tripped_at is None and held is None and job.state in HOLDABLE
    holds = held is not None and held.since == tripped_at
    return WatchedJob(job.id, rule.name, rule.metric, value, level, holds, would_hold, tripped_at)
