"""Maintenance windows as workers ask for them: once per occurrence, whoever looks, and never against a person."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.control.given import SPEC

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.cut import cut_of
from slackwater.core.job import Job
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.verbs import SetFlag, SetWindow
from slackwater.core.policy.window import Window
from slackwater.core.states import JobState
from slackwater.core.want import wanted
from slackwater.persistence.open import open_store
from slackwater.streams.scheduler import SCHEDULER, due, open_windows, windows_due

BEFORE = datetime(2026, 11, 24, 1, 29, tzinfo=UTC)
DURING = BEFORE + timedelta(minutes=2)
ENDS = datetime(2026, 11, 24, 2, tzinfo=UTC)
NIGHTLY = Window("nightly", "30 2 * * *", "Europe/Berlin", 1800, reason="backup")


class House:
    """A log with one job, and workers that look at it with the clock where the test says."""

    def __init__(self) -> None:
        self.store = open_store("memory://")
        self.asked = 0
        self.ask(BEFORE, SetWindow(NIGHTLY), job=POLICY_ID)
        self.ask(BEFORE, Deploy(SPEC))

    def ask(self, at: datetime, verb: Verb, job: str = "a", actor: str = "ana") -> None:
        self.asked += 1
        result = self.store.handle(Command(f"{actor}-{self.asked}", job, verb, actor, "api", at))
        assert result.code is None, result.message

    def run(self, at: datetime) -> None:
        """Start it, or prove what was asked of it."""
        if self.job.state in {JobState.DEPLOYED, JobState.STOPPED}:
            self.ask(at, Start())
        offsets, want = cut_of({("orders", 0): 7}), wanted(self.job)
        self.ask(at, Ack("w-1", want.epoch, want.stance, offsets, {"orders": 1}), actor="w-1")

    def look(self, at: datetime) -> list[str]:
        """What a worker's look changes: as the supervisor asks."""
        changed: list[str] = []
        for verb in due(self.job, at):
            self.ask(at, verb, actor=SCHEDULER)
            changed.append(verb.name)
        policy = self.store.policy()
        for id, pause in windows_due(policy, open_windows(policy, at), self.job):
            result = self.store.handle(Command(id, "a", pause, SCHEDULER, "worker", at))
            changed += [] if result.duplicate else result.events
        return changed

    @property
    def job(self) -> Job:
        job = self.store.job("a")
        assert job is not None
        return job


@pytest.fixture
def house() -> House:
    return House()


def test_held_from_first_to_last(house: House) -> None:
    """The first worker that looks within the window holds the job until its end; others, and later looks, change nothing."""
    house.run(BEFORE)
    assert house.look(BEFORE) == []
    assert house.look(DURING) == ["PauseRequested"]
    (hold,) = house.job.holds
    assert (hold.name, hold.by, hold.until, hold.reason) == ("window:nightly", SCHEDULER, ENDS, "backup")
    assert house.look(DURING) == house.look(DURING + timedelta(seconds=1)) == []
    house.run(DURING)
    assert house.job.state is JobState.PAUSED
    assert house.look(ENDS) == ["lapse"]
    house.run(ENDS)
    assert house.look(ENDS + timedelta(hours=1)) == []
    assert house.job.state is JobState.RUNNING


def test_asked_by_two_at_once(house: House) -> None:
    """Two workers that saw the same running job ask with the same id: the second is a duplicate."""
    house.run(BEFORE)
    policy = house.store.policy()
    asks = [next(windows_due(policy, open_windows(policy, DURING), house.job)) for _ in range(2)]
    results = [house.store.handle(Command(id, "a", pause, SCHEDULER, "worker", DURING)) for id, pause in asks]
    assert [result.duplicate for result in results] == [False, True]


def test_nobody_is_overruled(house: House) -> None:
    """Whoever releases the window's hold has this occurrence behind him, not the next."""
    house.run(BEFORE)
    assert house.look(DURING) == ["PauseRequested"]
    house.ask(DURING, Resume(hold=NIGHTLY.hold))
    house.run(DURING)
    assert house.look(DURING + timedelta(minutes=5)) == []
    assert house.job.state is JobState.RUNNING
    assert house.look(DURING + timedelta(days=1)) == ["PauseRequested"]


def test_down_at_the_beginning(house: House) -> None:
    """A worker that is back within the window holds what it finds running; after it there is nothing to make up for."""
    house.run(BEFORE)
    assert house.look(ENDS - timedelta(seconds=1)) == ["PauseRequested"]
    late = House()
    late.run(BEFORE)
    assert late.look(ENDS) == []


def test_what_can_be_held(house: House) -> None:
    """A job that does not live is left alone, and held as soon as it starts; a hold of a person's gets company."""
    assert house.look(DURING) == []
    house.ask(DURING, Start())
    assert house.look(DURING) == ["PauseRequested"]
    house.ask(DURING, Stop())
    assert house.look(DURING) == []
    other = House()
    other.run(BEFORE)
    other.ask(BEFORE, Pause("mine"))
    assert other.look(DURING) == ["HoldAdded"]
    assert other.look(ENDS) == ["lapse"]
    assert [hold.name for hold in other.job.holds] == ["operator"]


@pytest.mark.parametrize("otherwise", ["refuse", "stop"])
def test_where_pausing_is_off(house: House, otherwise: str) -> None:
    """A window holds nothing, and stops nothing: nobody would start it again. Not even if the flag changed meanwhile."""
    house.run(BEFORE)
    policy = house.store.policy()
    id, pause = next(windows_due(policy, open_windows(policy, DURING), house.job))
    house.ask(BEFORE, SetFlag(Flag("none", otherwise=otherwise)), job=POLICY_ID)
    assert house.look(DURING) == []
    late = house.store.handle(Command(id, "a", pause, SCHEDULER, "worker", DURING))
    assert late.code == "pause_disabled"
    assert house.job.state is JobState.RUNNING


def test_a_changed_window_asks_anew(house: House) -> None:
    """Changed while it is open, it is another window."""
    house.run(BEFORE)
    house.look(DURING)
    house.ask(DURING, Resume(hold=NIGHTLY.hold))
    house.run(DURING)
    house.ask(DURING, SetWindow(Window("nightly", "30 2 * * *", "Europe/Berlin", 3600)), job=POLICY_ID)
    assert house.look(DURING) == ["PauseRequested"]
