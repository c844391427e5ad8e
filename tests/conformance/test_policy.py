"""The policy is a stream of its own in every log: appended as a job's events are, and nothing but their fold."""

import threading
from collections.abc import Iterator

import pytest

from slackwater.core.control.pause import Pause
from slackwater.core.control.rearm import Rearm
from slackwater.core.control.resume import Resume
from slackwater.core.control.trip import Trip
from slackwater.core.policy.events import FlagChanged
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import NO_POLICY, POLICY_ID, replay_policy
from slackwater.core.policy.rule import Rule
from slackwater.core.policy.verbs import RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import Window
from slackwater.core.recorded import Recorded
from slackwater.core.result import Outcome
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import command, running
from .test_faults import opened, without_guards

NIGHTLY = Window("nightly", "30 2 * * *", "Europe/Berlin", 1800)
FAR_BEHIND = Rule("far-behind", "lag", 1000, 10)
OFF = SetFlag(Flag("none"), "not yet")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[EventStore]:
    """An empty log of each kind."""
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    url = request.getfixturevalue(fixtures[request.param]) if request.param in fixtures else "memory://"
    found = open_store(url, create=True)
    yield found
    found.close()


def events(store: EventStore) -> list[tuple[int, int, str]]:
    """Place, version and type of what the policy's stream holds."""
    return [(r.seq, r.version, type(r.event).__name__) for r in store.history(POLICY_ID)]


def test_set_changed_removed(store: EventStore) -> None:
    """Each change is an event with the next version in the one chain; the policy is their fold; no job is made of it."""
    running(store)
    verbs = (
        OFF,
        SetWindow(NIGHTLY),
        RemoveWindow("nightly"),
        SetFlag(Flag()),
        SetRule(FAR_BEHIND),
        RemoveRule("far-behind"),
    )
    for n, verb in enumerate(verbs):
        result = store.handle(command(f"p{n}", verb, POLICY_ID))
        assert (result.outcome, result.version, result.seq) == (Outcome.ACCEPTED, n + 1, n + 5)
        assert store.policy() == replay_policy(store.history(POLICY_ID))
    assert events(store) == [
        (5, 1, "FlagChanged"), (6, 2, "WindowSet"), (7, 3, "WindowRemoved"), (8, 4, "FlagChanged"),
        (9, 5, "RuleSet"), (10, 6, "RuleRemoved"),
    ]  # fmt: skip
    assert (store.policy().flag, store.policy().by) == (Flag(), "ana")
    assert [job.id for job in store.jobs()] == [job.id for job in store.jobs(checked=True)] == ["orders_big"]
    assert (store.listing().unreadable, store.job(POLICY_ID)) == ((), None)
    verdict = verify(store)
    assert (verdict.problems, verdict.jobs, verdict.events) == ((), 1, 10)


def test_already_so_and_asked_twice(store: EventStore) -> None:
    """What is so appends nothing; the same command has its first result, another of that id is refused. Since when it is so
    the policy does not know: only when anything in it was changed."""
    first = store.handle(command("p", OFF, POLICY_ID))
    assert store.handle(command("p", OFF, POLICY_ID)) == first.again()
    again = store.handle(command("q", OFF, POLICY_ID))
    assert (again.outcome, again.version, again.by, again.since) == (Outcome.ALREADY, 1, None, None)
    assert store.handle(command("p", SetFlag(Flag()), POLICY_ID)).code == "command_id_reused"
    assert store.head().seq == 1


def test_what_is_refused(store: EventStore) -> None:
    """Nonsense, an overtaken version, and a policy's verb about a job: recorded, and nothing moves."""
    running(store)
    before = store.head()
    assert store.handle(command("a", SetFlag(Flag("maybe")), POLICY_ID)).code == "bad_policy"
    assert store.handle(command("b", OFF, POLICY_ID, expected_version=3)).code == "version_conflict"
    assert store.handle(command("c", OFF, "orders_big")).code == "bad_policy"
    assert store.handle(command("d", Pause(), POLICY_ID)).code == "bad_job_id"
    assert (store.head(), store.policy()) == (before, NO_POLICY)
    assert store.result("a") is not None


def test_jobs_are_decided_under_it(store: EventStore) -> None:
    """From the next command on a pause is what the flag says."""
    running(store)
    store.handle(command("off", OFF, POLICY_ID))
    assert store.handle(command("p", Pause("why"))).code == "pause_disabled"
    store.handle(command("on", SetFlag(Flag()), POLICY_ID))
    assert store.handle(command("q", Pause("why"))).changed


def test_a_rule_holds_once(store: EventStore) -> None:
    """Asked by several workers at once, one of them appends; a release by a person does not make it hold again."""
    running(store)
    trip = Trip(FAR_BEHIND.hold, "lag", 1000, "lag 1000")
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(store.handle(command(f"t{n}", trip)).changed)) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    (job,) = store.jobs(checked=True)
    (hold,) = job.holds
    assert job.tripped == {FAR_BEHIND.hold: hold.since}
    assert store.handle(command("r", Resume(hold=FAR_BEHIND.hold))).changed
    assert not store.handle(command("t9", trip)).changed
    assert store.handle(command("m", Rearm(FAR_BEHIND.hold, hold.since))).events == ("RuleRearmed",)
    assert store.handle(command("u", trip)).events == ("RuleTripped", "PauseRequested")
    assert verify(store).ok


def test_writers_at_once(store: EventStore) -> None:
    """Every one is appended once, with versions that are dense."""
    running(store)

    def write(n: int) -> None:
        for i in range(5):
            window = Window(f"w{n}-{i}", "0 2 * * *", "UTC", 600)
            assert store.handle(command(f"{n}-{i}", SetWindow(window), POLICY_ID)).changed
            store.handle(command(f"p{n}-{i}", Pause("why", f"h{n}-{i}")))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [version for _, version, _ in events(store)] == list(range(1, 31))
    assert len(store.policy().windows) == 30
    assert store.policy() == replay_policy(store.history(POLICY_ID))
    assert verify(store).ok


def test_another_process_follows(url: str) -> None:
    """What one store appended the other decides by, also where it knew an older policy."""
    mine, theirs = opened(url), opened(url)
    running(mine)
    mine.handle(command("off", OFF, POLICY_ID))
    assert theirs.policy() == mine.policy()
    theirs.handle(command("on", SetFlag(Flag()), POLICY_ID))
    assert mine.handle(command("p", Pause())).changed
    assert mine.policy().version == 2
    mine.close()
    theirs.close()


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("UPDATE event SET actor = 'eve' WHERE seq = 6", "broken_history"),
        ("UPDATE event SET type = 'FlagMelted' WHERE seq = 6", "broken_history"),
        ("UPDATE event SET data = 'not json' WHERE seq = 6", "broken_history"),
        ("DELETE FROM event WHERE seq = 6", "broken_history"),
    ],
)
def test_tampering_is_found(url: str, intruder: Intruder, tampering: str, code: str) -> None:
    """The policy stays what it was before, cannot be changed, and is named by verify; jobs go on under it."""
    writer, store = opened(url), opened(url)
    running(writer)
    for n, verb in enumerate((OFF, SetWindow(NIGHTLY), SetFlag(Flag()))):
        writer.handle(command(f"p{n}", verb, POLICY_ID))
    writer.close()
    intruder(*without_guards(url), tampering)
    assert (store.policy().version, store.policy().flag, store.policy().windows) == (1, Flag("none"), ())
    refused = store.handle(command("p9", SetFlag(Flag("some")), POLICY_ID))
    assert (refused.code, store.result("p9")) == (code, refused)
    assert store.handle(command("p", Pause())).code == "pause_disabled"
    assert any("event 6" in problem for problem in verify(store).problems)
    store.close()


def test_a_row_in_its_name_is_none(url: str, intruder: Intruder) -> None:
    """Someone who writes a job of that name into the table changes no policy, makes no job for workers, and is found."""
    store = opened(url)
    running(store)
    store.handle(command("off", OFF, POLICY_ID))
    intruder("INSERT INTO job SELECT '@policy', version, state, epoch, spec_hash, body FROM job")
    assert store.policy().flag == Flag("none")
    assert [job.id for job in store.jobs(checked=True)] == ["orders_big"]
    assert any(POLICY_ID in problem for problem in verify(store).problems)
    store.close()


def test_recorded_as_any_event(store: EventStore) -> None:
    """Actor, channel and command id are those of who changed it."""
    store.handle(command("off", OFF, POLICY_ID))
    (found,) = store.read()
    assert isinstance(found, Recorded)
    assert (found.job_id, found.epoch, found.actor, found.channel, found.command_id) == (POLICY_ID, 0, "ana", "api", "off")
    assert found.event == FlagChanged(Flag("none"), "not yet")
