"""trip and rearm: what a rule does to a job, and what it must leave to people."""

import pytest

from slackwater.core.control.pause import Pause
from slackwater.core.control.rearm import Rearm
from slackwater.core.control.resume import Resume
from slackwater.core.control.trip import Trip
from slackwater.core.decisions import AlreadySo
from slackwater.core.events import (
    DataGapFound,
    HoldAdded,
    HoldReleased,
    JobEvent,
    PauseRequested,
    ResumeRequested,
    RuleRearmed,
    RuleTripped,
)
from slackwater.core.evolve import evolve
from slackwater.core.job import Job
from slackwater.core.states import HOLDABLE, JobState

from .given import DUE, NOW, PASTS, PAUSED, PAUSING, RUNNING, SOON, Case, given

FAR = "rule:far-behind"
TRIP = Trip(FAR, "lag", 12_000, "lag 12000")
TRIPPED = RuleTripped(FAR, "lag", 12_000)
WHY = "lag at 10 or less for 5m"
MOVING = sorted(HOLDABLE - {JobState.PAUSING, JobState.PAUSED})


def held(*past: JobEvent) -> tuple[Job, Rearm]:
    """The job after this past and the rule's trip, and what the rule asks once the value is low."""
    job = given(*past).when(TRIP).then(TRIPPED, PauseRequested(FAR, "lag 12000", DUE))
    return job, Rearm(FAR, NOW, WHY)


@pytest.mark.parametrize("state", MOVING)
def test_a_rule_holds_what_moves(state: JobState) -> None:
    """Under its own name, with the value in the log; asked again, by whoever watches, it is already so."""
    job, _ = held(*PASTS[state])
    (hold,) = job.holds
    assert (hold.name, hold.since, job.tripped) == (FAR, NOW, {FAR: NOW})
    assert isinstance(Case(job).when(TRIP).decision, AlreadySo)


@pytest.mark.parametrize("past", [PAUSING, PAUSED], ids=["PAUSING", "PAUSED"])
def test_beside_a_persons_hold(past: tuple[JobEvent, ...]) -> None:
    """It joins what others hold, and takes nothing but its own hold away again."""
    job = given(*past).when(TRIP).then(TRIPPED, HoldAdded(FAR, "lag 12000"))
    job = Case(job).when(Rearm(FAR, NOW, WHY)).then(RuleRearmed(FAR), HoldReleased(FAR, WHY))
    assert ([hold.name for hold in job.holds], job.tripped) == (["operator"], {})


@pytest.mark.parametrize("state", sorted(set(PASTS) - HOLDABLE))
def test_what_cannot_be_held(state: JobState) -> None:
    """A job that does not live, or is stopping, is refused as any pause is."""
    given(*PASTS[state]).when(TRIP).then_refused("illegal_transition")


def test_a_hold_of_that_name_by_a_person() -> None:
    """Is theirs: the rule neither takes it over nor lets go of it."""
    past = (*RUNNING, PauseRequested(FAR, "mine", SOON))
    assert isinstance(given(*past).when(TRIP).decision, AlreadySo)
    assert isinstance(given(*past).when(Rearm(FAR, NOW, WHY)).decision, AlreadySo)
    job, rearm = held(*RUNNING)
    job = Case(job).when(Resume(hold=FAR)).then(ResumeRequested((FAR,), None, DUE))
    job = Case(job).when(Pause("mine", FAR), at=SOON).then(PauseRequested(FAR, "mine", SOON + (DUE - NOW)))
    job = Case(job).when(rearm).then(RuleRearmed(FAR))
    assert [hold.name for hold in job.holds] == [FAR]


def test_it_lets_go_of_its_own() -> None:
    """The last hold: the job goes on, ready to be held anew. A word about an earlier trip does nothing."""
    job, rearm = held(*RUNNING)
    assert isinstance(Case(job).when(Rearm(FAR, SOON, WHY)).decision, AlreadySo)
    job = Case(job).when(rearm).then(RuleRearmed(FAR), ResumeRequested((FAR,), WHY, DUE))
    assert (job.state, job.tripped) == (JobState.RESUMING, {})
    Case(job).when(TRIP).then(TRIPPED, PauseRequested(FAR, "lag 12000", DUE))


@pytest.mark.parametrize("state", sorted(HOLDABLE))
def test_released_by_a_person(state: JobState) -> None:
    """The rule does not hold again before it was low once, in whatever state that finds the job."""
    past = (*PASTS[state], TRIPPED)
    assert isinstance(given(*past).when(TRIP).decision, AlreadySo)
    job = given(*past).job
    assert job is not None
    job = given(*past).when(Rearm(FAR, job.tripped[FAR])).then(RuleRearmed(FAR))
    assert job.tripped == {}


def test_one_that_never_lets_go() -> None:
    """Without a reason to release nothing comes of the value being low: the hold stays, and so does the trip."""
    job, _ = held(*RUNNING)
    assert isinstance(Case(job).when(Rearm(FAR, NOW)).decision, AlreadySo)


def test_no_loss_is_run_over() -> None:
    """A gap that nobody has accepted keeps the job held, as at any other end of a hold."""
    job, rearm = held(*RUNNING)
    gap = DataGapFound("data_gap", "orders[0]: 1 record (3 to 3) is gone")
    job = evolve(job, gap, job_id=job.id, at=NOW, actor="w-1", command_id="vigil")
    assert isinstance(Case(job).when(rearm).decision, AlreadySo)
