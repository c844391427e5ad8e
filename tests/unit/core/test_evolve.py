"""evolve: the job after one more event; replay is this, folded."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest
from tests.histories.examples import EXAMPLES
from tests.histories.golden import event_hash
from tests.unit.control.given import (
    BEGAN,
    HELD_AT_REST,
    PASTS,
    PAUSED,
    PAUSING,
    RESUMED,
    RUNNING,
    SOON,
    SPEC,
    STARTING,
    STOPPED,
    acked,
    job_after,
    orders,
)

from slackwater.core.coverage import Coverage, Stance
from slackwater.core.events import (
    EPOCH_RAISING,
    EVENTS,
    HoldReleased,
    JobDeployed,
    JobEvent,
    JobFailed,
    StartRequested,
    name_of,
)
from slackwater.core.evolve import evolve, evolve_recorded, replay
from slackwater.core.machine import IllegalTransition
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.states import TRANSITIONAL, JobState

EVERY_EVENT = (*chain.from_iterable(PASTS.values()), *RESUMED, *EXAMPLES)


def recorded(past: tuple[JobEvent, ...]) -> list[Recorded]:
    """A past as the log would have it."""
    history: list[Recorded] = []
    prev, epoch = GENESIS, 0
    for place, event in enumerate(past):
        epoch += name_of(event) in EPOCH_RAISING
        columns = {
            "seq": place + 1,
            "job_id": "orders_big",
            "version": place + 1,
            "epoch": epoch,
            "at": BEGAN + timedelta(seconds=place),
            "actor": "ana",
            "channel": "api",
            "command_id": f"c{place + 1}",
            "event": event,
        }
        digest = event_hash(prev, **columns)  # type: ignore[arg-type]
        history.append(Recorded(**columns, schema_version=1, prev_hash=prev, hash=digest))  # type: ignore[arg-type]
        prev = digest
    return history


@pytest.mark.parametrize("past", [*PASTS.values(), RESUMED], ids=[*map(str, PASTS), "RESUMED"])
def test_replay_is_the_fold(past: tuple) -> None:
    """From genesis the log gives the very job that was seen live, at a version that counts every event."""
    job = job_after(past)
    assert replay(recorded(past)) == job
    assert job is not None
    assert job.version == len(past)
    assert job.epoch == sum(name_of(event) in EPOCH_RAISING for event in past)


def test_replay_of_nothing() -> None:
    """No event, no job: not an ABSENT one."""
    assert replay([]) is None


@pytest.mark.parametrize("event", sorted(set(EVENTS) - {"JobDeployed"}))
def test_a_life_begins_with_a_deploy(event: str) -> None:
    """Anything else first is illegal, and no job comes of it."""
    first = next(one for one in EVERY_EVENT if name_of(one) == event)
    with pytest.raises(IllegalTransition) as caught:
        evolve(None, first, job_id="orders_big", at=BEGAN, actor="ana", command_id="c1")
    assert caught.value.state is JobState.ABSENT


@pytest.mark.parametrize("field", ["version", "epoch"])
@pytest.mark.parametrize("shift", [-1, 1])
def test_version_and_epoch_must_follow(field: str, shift: int) -> None:
    """A row whose numbers do not follow is illegal, however legal its event is."""
    history = recorded(PAUSED)
    broken = replace(history[4], **{field: getattr(history[4], field) + shift})
    with pytest.raises(IllegalTransition, match=f"PauseRequested at version {broken.version}, epoch {broken.epoch}"):
        replay([*history[:4], broken])


def test_a_first_row_must_be_version_one() -> None:
    """A log that begins in the middle is refused and not taken for a new job."""
    late = replace(recorded(STARTING)[0], version=2)
    with pytest.raises(IllegalTransition) as caught:
        evolve_recorded(None, late)
    assert caught.value.state is JobState.ABSENT


def test_a_missing_row_is_noticed() -> None:
    """The fold does not step over a gap."""
    history = recorded(PAUSING)
    with pytest.raises(IllegalTransition):
        replay([*history[:2], *history[3:]])


def test_evolve_changes_no_job_it_was_given() -> None:
    """The job of before is the same value after, so that a refused append leaves nothing behind."""
    before = job_after(RUNNING)
    copy = job_after(RUNNING)
    assert before is not None
    evolve(before, JobFailed("data_gap", "gone", ()), job_id="orders_big", at=SOON, actor="w-1", command_id="c9")
    assert before == copy


def test_proofs_end_the_wait_and_keep_the_wisher() -> None:
    """`since` is the proof's time, `by` the wisher; coverage stays, so that the proof can be shown."""
    job = job_after(RUNNING)
    assert job is not None
    assert (job.since, job.by, job.deadline, job.wish) == (BEGAN + timedelta(seconds=3), "ana", None, "c2")
    assert job.coverage.is_complete(("orders",))


def test_a_redeploy_in_place_is_a_new_since() -> None:
    """DEPLOYED over DEPLOYED is a new fact with its own author, unlike a hold that moves nothing."""
    job = job_after((JobDeployed(SPEC, (), "one"), JobDeployed(SPEC, (), "two")))
    assert job is not None
    assert (job.since, job.reason) == (BEGAN + timedelta(seconds=1), "two")


def test_holds_let_go_at_rest_leave_the_reason() -> None:
    """DEPLOYED's reason is the deploy's, not that of a hold which is left."""
    job = job_after((*HELD_AT_REST, HoldReleased("operator", None)))
    assert job is not None
    assert (job.state, job.by, job.reason) == (JobState.DEPLOYED, "ana", "not yet")


def test_a_forged_release_of_the_last_hold_is_folded_without_guessing() -> None:
    """decide never appends it; a log that has it shows a paused job without holds rather than an exception's trace."""
    job = job_after((*PAUSED, HoldReleased("operator", None)))
    assert job is not None
    assert (job.state, job.holds, job.reason) == (JobState.PAUSED, (), "maintenance")


def test_a_new_epoch_forgets_the_coverage() -> None:
    """Whatever was vouched for before the wish changed is no word about the new wish."""
    job = job_after((*STOPPED, StartRequested(None, SOON)))
    assert job is not None
    assert job.coverage == Coverage()
    assert job.cut == orders(7, 9)


def test_deadline_is_there_exactly_while_waiting() -> None:
    """Each transitional state carries one, no other state does."""
    for state, past in PASTS.items():
        job = job_after(past)
        assert job is not None
        assert (job.deadline is not None) == (state in TRANSITIONAL)


def test_hold_by_name() -> None:
    """A hold is found by its name, and by nothing else."""
    job = job_after(PAUSED)
    assert job is not None
    found = job.hold("operator")
    assert found is not None
    assert found.reason == "maintenance"
    assert job.hold("maintenance") is None


def test_unproved_cut_is_not_the_jobs() -> None:
    """Only a proof or a failure moves the cut: not the acks on the way."""
    job = job_after((*PAUSING, acked(Stance.STILL, 7, 9)))
    assert job is not None
    assert job.cut == orders(0, 0)
    assert job.coverage.cut == orders(7, 9)
