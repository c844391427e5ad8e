"""Whatever a watched value does: a rule never stops and goes around one bound, and never touches what people hold."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.control.given import RUNNING, job_after

from slackwater.core.commands import Command, Verb
from slackwater.core.control.pause import Pause
from slackwater.core.control.rearm import Rearm
from slackwater.core.control.resume import Resume
from slackwater.core.control.trip import Trip
from slackwater.core.job import Job
from slackwater.core.observation import VIGIL, Observation, PartitionLag, Seen
from slackwater.core.policy.policy import Policy
from slackwater.core.policy.rule import Rule
from slackwater.core.settle import settle
from slackwater.streams.rule_watch import UNSEEN_LOOKS, RuleWatch
from slackwater.streams.scheduler import SCHEDULER

AT: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVERY_S: Final = 10
UPPER: Final = 100
LOWER: Final = 10
VALUES: Final = st.sampled_from([None, 0, LOWER, LOWER + 1, UPPER - 1, UPPER, 5 * UPPER])
PEOPLE: Final = st.sampled_from(
    [None] * 4 + [Pause("mine"), Resume(), Pause("mine", "rule:r"), Resume(hold="rule:r"), Resume(hold=None)]
)
RULES: Final = st.builds(
    lambda for_s, release_s: Rule("r", "lag", UPPER, LOWER, for_s, release_s),
    st.sampled_from([0, 10, 35]),
    st.sampled_from([None, 0, 20]),
)


@dataclass
class House:
    """One running job, and any number of workers that watch it with the same values."""

    rule: Rule
    job: Job
    asked: int = 0
    watches: list[RuleWatch] = field(default_factory=list)
    now: float = 0.0

    @property
    def at(self) -> datetime:
        return AT + timedelta(seconds=self.now)

    def hire(self, workers: int) -> None:
        self.watches = [RuleWatch(EVERY_S, lambda: self.now) for _ in range(workers)]

    def ask(self, verb: Verb, actor: str) -> bool:
        """True if it moved anything."""
        self.asked += 1
        channel = "worker" if actor == SCHEDULER else "api"
        settled = settle(self.job, Command(f"c{self.asked}", self.job.id, verb, actor, channel, self.at))
        assert settled.job is not None
        self.job = settled.job
        return settled.result.changed

    def look(self, value: int | None) -> list[Trip | Rearm]:
        """Every worker judges the job as it was, and asks: what moved something."""
        seen = () if value is None else (PartitionLag("orders", 0, 0, value),)
        told = [] if value is None else [Observation(self.job.id, VIGIL, self.at, Seen(seen))]
        policy, job = Policy(rules=(self.rule,)), self.job
        verbs = [verb for watch in self.watches for _, verb in watch.look(policy, [job], told, self.at)]
        return [verb for verb in verbs if self.ask(verb, SCHEDULER)]


def house(rule: Rule, workers: int = 1) -> House:
    job = job_after(RUNNING)
    assert job is not None
    found = House(rule, job)
    found.hire(workers)
    return found


@settings(deadline=None, max_examples=300)
@given(RULES, st.lists(st.tuples(VALUES, st.integers(1, 4), PEOPLE, st.booleans()), max_size=20), st.integers(1, 3))
def test_never_flaps_and_never_touches_people(
    rule: Rule, story: list[tuple[int | None, int, Verb | None, bool]], workers: int
) -> None:
    """Between two trips the value was low; a release follows a low value that lasted; a person's holds stay as they were.

    However many workers watch, and whichever are replaced: what is asked moves the job once.
    """
    found, values = house(rule, workers), []
    trips, low_since_trip = 0, True
    for value, looks, verb, restarted in story:
        if restarted:
            found.hire(workers)
        if verb is not None:
            found.ask(verb, "ana")
        for _ in range(looks):
            found.now += EVERY_S
            values.append(value)
            before, tripped_at = found.job, found.job.tripped.get(rule.hold)
            moved = found.look(value)
            low_since_trip |= value is not None and value <= LOWER
            assert len(moved) <= 1, "asked by several workers, done once"
            theirs = {hold for hold in before.holds if hold.name != rule.hold or hold.since != tripped_at}
            assert theirs <= set(found.job.holds)
            if any(isinstance(one, Trip) for one in moved):
                assert low_since_trip or trips == 0
                trips, low_since_trip = trips + 1, False
                assert all(one is not None and one >= UPPER for one in lasting(values, rule.for_s))
            if len(found.job.holds) < len(before.holds):
                assert rule.release_s is not None
                assert all(one is not None and one <= LOWER for one in lasting(values, rule.release_s))
            if value is None or LOWER < value < UPPER:
                assert not moved, "between the bounds nothing begins and nothing ends"


def lasting(values: list[int | None], while_s: int) -> list[int | None]:
    """What was seen over the last `while_s` seconds."""
    looks = 1 - (-while_s // EVERY_S)
    return values[-looks:]


def test_what_was_not_seen_does_not_count() -> None:
    """A worker that was frozen, or kept no vigil for a while, begins anew; a look that fails once does not matter."""
    found = house(Rule("r", "lag", UPPER, LOWER, 30))
    for wait_s in (EVERY_S, UNSEEN_LOOKS * EVERY_S + 1, UNSEEN_LOOKS * EVERY_S - 1):
        found.now += wait_s
        assert found.look(UPPER) == []
    found.now += EVERY_S
    assert [type(verb) for verb in found.look(UPPER)] == [Trip]
