"""Rules as a worker keeps them: whom they watch, by what was told, and with the words that the log will have."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.control.given import SPEC

from slackwater.core.commands import Command
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.trip import Trip
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.observation import FRESH_S, VIGIL, Observation, PartitionLag, Seen, Worked
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import Policy
from slackwater.core.policy.rule import METRICS, Rule
from slackwater.persistence.memory import MemoryStore
from slackwater.streams.counts import Counts, LastMinute
from slackwater.streams.rule_watch import RuleWatch

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEEN = Seen((PartitionLag("orders", 0, 0, 30), PartitionLag("orders", 1, 10, 30)))
TOLD = (
    Observation("a", VIGIL, AT, SEEN),
    Observation("a", "w-1", AT, Worked(AT, rss_bytes=90_000_000, errors_per_min=20, dead_letters_per_min=50)),
    Observation("a", "w-2", AT, Worked(AT, rss_bytes=50_000_000, errors_per_min=30, dead_letters_per_min=0)),
    Observation("a", "gone", AT - timedelta(seconds=FRESH_S + 1), Worked(AT, rss_bytes=10**12, errors_per_min=10**6)),
)
VALUES = {"lag": 50, "errors_per_min": 50, "dead_letters_per_min": 50, "memory_mb": 90}


@pytest.fixture
def store() -> MemoryStore:
    """A log with one job that runs."""
    found = MemoryStore()
    runs = Ack("w-1", 1, Stance.RUNNING, cut_of({("orders", 0): 0}), {"orders": 1})
    for n, verb in enumerate((Deploy(SPEC), Start(), runs)):
        assert found.handle(Command(f"c{n}", "a", verb, "ana", "api", AT)).changed
    return found


def asked(store: MemoryStore, rule: Rule, at: datetime = AT, **policy: object) -> list[Trip]:
    """What one look at once comes to."""
    found = RuleWatch(10).look(Policy(rules=(rule,), **policy), store.jobs(), TOLD, at)  # type: ignore[arg-type]
    return [verb for _, verb in found if isinstance(verb, Trip)]


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_watched(store: MemoryStore, metric: str) -> None:
    """Of the living: lag by the keeper of vigil, counts of all workers together, the memory of the largest."""
    value = VALUES[metric]
    (trip,) = asked(store, Rule("r", metric, value, 0, 0, reason="too much"))
    unit = METRICS[metric].unit
    assert trip == Trip("rule:r", metric, value, f"too much: {metric} {value}, at {value} {unit} or more for 0s")
    assert asked(store, Rule("r", metric, value + 1, 0, 0)) == []
    assert asked(store, Rule("r", metric, value, 0, 0), AT + timedelta(seconds=FRESH_S + 1)) == [], "nobody told of it"


def test_what_is_held_is_not_too_high(store: MemoryStore) -> None:
    """A lag that grows while somebody holds the job is no fault of the job's; once it runs its while begins anew."""
    now = 0.0
    watch, rule = RuleWatch(10, lambda: now), Rule("r", "lag", 50, 0, 20)

    def look(after_s: float) -> int:
        nonlocal now
        now += after_s
        return len(list(watch.look(Policy(rules=(rule,)), store.jobs(), TOLD, AT)))

    held, let_go = Command("h", "a", Pause(), "ana", "api", AT), Command("l", "a", Resume(), "ana", "api", AT)
    assert [look(0), look(10)] == [0, 0]
    assert store.handle(held).changed
    assert [look(10), look(10), look(10)] == [0, 0, 0]
    assert store.handle(let_go).changed
    assert look(10) == 0
    assert store.handle(
        Command("r", "a", Ack("w-1", 3, Stance.RUNNING, cut_of({("orders", 0): 0}), {"orders": 1}), "w", "worker", AT)
    ).changed
    assert [look(10), look(10), look(10)] == [0, 0, 1]


def test_whom_a_rule_watches(store: MemoryStore) -> None:
    """Whom its labels choose, where pausing is on."""
    rule = Rule("r", "lag", 50, 0, 0)
    assert asked(store, Rule("r", "lag", 50, 0, 0, selector="team=data")) == []
    assert asked(store, rule, flag=Flag("none")) == []
    assert len(asked(store, rule)) == 1


@pytest.mark.parametrize("otherwise", ["refuse", "stop"])
def test_pausing_was_turned_off_meanwhile(store: MemoryStore, otherwise: str) -> None:
    """The desk has the last word: the job goes on, and is not stopped."""
    from slackwater.core.policy.policy import POLICY_ID
    from slackwater.core.policy.verbs import SetFlag

    (trip,) = asked(store, Rule("r", "lag", 50, 0, 0))
    store.handle(Command("off", POLICY_ID, SetFlag(Flag("none", otherwise=otherwise)), "ana", "api", AT))
    assert store.handle(Command("t", "a", trip, "scheduler", "worker", AT)).code == "pause_disabled"


def test_the_last_minute() -> None:
    """Counts what came since a look that is a minute old, and at first since counting began."""
    now = 0.0
    last, counts = LastMinute(lambda: now), Counts(errors=2)
    assert last.of("a", counts) == (2, 0)
    found = []
    for now, errors in ((30.0, 3), (60.0, 3), (90.0, 3), (125.0, 4)):  # noqa: B007 - the clock reads it
        counts.errors, counts.dead_letters = errors, 1
        found.append(last.of("a", counts))
    assert found == [(3, 1), (1, 1), (0, 0), (1, 0)]
