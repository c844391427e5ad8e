"""ack: a worker's word for its partitions. The one that completes the coverage also appends the proof."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from slackwater.core.control.ack import Ack
from slackwater.core.coverage import Stance
from slackwater.core.cut import Cut, cut_of
from slackwater.core.events import (
    HoldReleased,
    JobDeployed,
    JobEvent,
    JobPaused,
    JobResumed,
    JobStarted,
    JobStopped,
    PauseRequested,
    StartRequested,
    WorkerAcked,
)
from slackwater.core.states import TRANSITIONAL, JobState
from slackwater.core.want import wanted

from .given import (
    HELD_AT_REST,
    NOW,
    PASTS,
    PAUSED,
    PAUSING,
    RESUMED,
    RESUMING,
    RUNNING,
    SOON,
    SPEC,
    STARTING,
    STOPPED,
    STOPPING,
    By,
    acked,
    after,
    given,
    orders,
)

PROOFS = [
    (STARTING, 1, Stance.RUNNING, JobStarted, JobState.RUNNING),
    (PAUSING, 2, Stance.STILL, JobPaused, JobState.PAUSED),
    (RESUMING, 3, Stance.RUNNING, JobResumed, JobState.RUNNING),
    (STOPPING, 2, Stance.RELEASED, JobStopped, JobState.STOPPED),
]
BY_STATE = ["starting", "pausing", "resuming", "stopping"]


def word(epoch: int, stance: Stance, offsets: Cut, worker: str = "w-1", count: int = 2) -> Ack:
    """An ack that sees `count` partitions of `orders`."""
    return Ack(worker, epoch, stance, offsets, {"orders": count})


def at(partition: int, offset: int) -> Cut:
    """One partition of `orders`."""
    return cut_of({("orders", partition): offset})


@pytest.mark.parametrize(("past", "epoch", "stance", "proof", "state"), PROOFS, ids=BY_STATE)
def test_full_coverage_is_the_proof(past: tuple, epoch: int, stance: Stance, proof: type[JobEvent], state: JobState) -> None:
    """The last ack and the proof are one append: the proof names the wish and carries the cut that was vouched for."""
    before = given(*past).job
    assert before is not None
    asked = given(*past).when(word(epoch, stance, orders(11, 12)), actor="w-1", channel="worker")
    job = asked.then(acked(stance, 11, 12), proof(before.wish, orders(11, 12)))  # type: ignore[call-arg]
    assert (job.state, job.cut, job.epoch, job.deadline) == (state, orders(11, 12), epoch, None)
    assert (job.since, job.by) == (NOW, "ana"), "who wished it stays in sight, not the worker that proved it"


@pytest.mark.parametrize(("past", "epoch", "stance", "proof", "state"), PROOFS, ids=BY_STATE)
def test_half_coverage_proves_nothing(
    past: tuple, epoch: int, stance: Stance, proof: type[JobEvent], state: JobState
) -> None:
    """One partition of two is recorded and nothing more; the cut of before stays."""
    before = given(*past).job
    assert before is not None
    ack = word(epoch, stance, at(1, 12))
    job = given(*past).when(ack).then(WorkerAcked("w-1", stance, at(1, 12), {"orders": 2}))
    assert job.state is before.state
    assert job.state is not state
    assert (job.cut, job.deadline, job.since) == (before.cut, before.deadline, before.since)
    assert job.coverage.missing == (("orders", 0),)


@pytest.mark.parametrize(("past", "epoch", "stance", "proof", "state"), PROOFS, ids=BY_STATE)
def test_two_workers_cover_together(past: tuple, epoch: int, stance: Stance, proof: type[JobEvent], state: JobState) -> None:
    """Whichever comes last appends the proof; the cut is everybody's word, in order."""
    before = given(*past).job
    assert before is not None
    first = WorkerAcked("w-2", stance, at(1, 12), {"orders": 2})
    job = (
        given(*past, first)
        .when(word(epoch, stance, at(0, 11)))
        .then(WorkerAcked("w-1", stance, at(0, 11), {"orders": 2}), proof(before.wish, orders(11, 12)))  # type: ignore[call-arg]
    )
    assert job.state is state
    assert job.coverage.workers == ("w-1", "w-2")


@pytest.mark.parametrize("past", PASTS.values(), ids=map(str, PASTS))
@pytest.mark.parametrize(("shift", "code"), [(-1, "stale_epoch"), (-2, "stale_epoch"), (1, "future_epoch")])
def test_another_epoch_is_refused(past: tuple, shift: int, code: str) -> None:
    """In every state: an overtaken wish proves nothing any more, and nobody can know of an epoch to come."""
    job = given(*past).job
    assert job is not None
    stance = wanted(job).stance
    given(*past).when(word(job.epoch + shift, stance, orders(11, 12))).then_refused(code)


def test_a_late_ack_of_a_resume_does_not_end_the_pause_that_overtook_it() -> None:
    """The stance would be wrong as well, but the epoch alone is enough to refuse it."""
    past = (*RESUMING, PauseRequested("operator", None, SOON))
    given(*past).when(word(3, Stance.RUNNING, orders(7, 9))).then_refused("stale_epoch")
    given(*past).when(word(3, Stance.STILL, orders(7, 9))).then_refused("stale_epoch")


def test_a_pause_is_not_proved_by_the_pause_before() -> None:
    """The same stance and the same offsets, but of an older pause: refused."""
    past = (*RESUMING, PauseRequested("operator", None, SOON))
    given(*past).when(word(2, Stance.STILL, orders(7, 9))).then_refused("stale_epoch")


@pytest.mark.parametrize(("past", "epoch", "stance", "proof", "state"), PROOFS, ids=BY_STATE)
def test_the_wrong_stance_is_refused(
    past: tuple, epoch: int, stance: Stance, proof: type[JobEvent], state: JobState
) -> None:
    """A worker that runs is no proof of stillness, however full its coverage."""
    for other in Stance:
        if other is not stance:
            given(*past).when(word(epoch, other, orders(11, 12))).then_refused("wrong_stance")


@pytest.mark.parametrize(
    ("past", "epoch", "stance"),
    [(RUNNING, 1, Stance.RUNNING), (PAUSED, 2, Stance.STILL), (STOPPED, 2, Stance.RELEASED), (RESUMED, 3, Stance.RUNNING)],
    ids=["running", "paused", "stopped", "resumed"],
)
def test_an_ack_after_the_proof_is_already_so(past: tuple, epoch: int, stance: Stance) -> None:
    """A repeat must not move the cut that was proved."""
    job = given(*past).job
    assert job is not None
    given(*past).when(word(epoch, stance, orders(99, 99))).then_already(since=job.since, by="ana", reason=job.reason)


def test_the_same_ack_twice_is_already_so() -> None:
    """A repeated word adds no event, so that a worker may say it as often as it likes."""
    past = (*PAUSING, WorkerAcked("w-1", Stance.STILL, at(0, 7), {"orders": 2}))
    given(*past).when(word(2, Stance.STILL, at(0, 7))).then_already(since=after(4), by="ana", reason="maintenance")


def test_a_partition_changes_hands_while_pausing() -> None:
    """The newer word for a partition replaces the older one, in the cut too."""
    past = (*PAUSING, WorkerAcked("w-1", Stance.STILL, at(0, 7), {"orders": 2}))
    job = (
        given(*past)
        .when(word(2, Stance.STILL, orders(8, 9), worker="w-2"))
        .then(WorkerAcked("w-2", Stance.STILL, orders(8, 9), {"orders": 2}), JobPaused("c5", orders(8, 9)))
    )
    assert job.cut == orders(8, 9)
    assert job.cut != orders(7, 9)


def test_a_topic_that_grows_while_pausing() -> None:
    """The highest count any worker saw counts: two of three partitions are not the whole, whoever says so last."""
    grown = WorkerAcked("w-1", Stance.STILL, at(0, 7), {"orders": 3})
    job = (
        given(*PAUSING, grown)
        .when(word(2, Stance.STILL, at(1, 9), worker="w-2"))
        .then(WorkerAcked("w-2", Stance.STILL, at(1, 9), {"orders": 2}))
    )
    assert job.state is JobState.PAUSING
    assert job.coverage.missing == (("orders", 2),)


def test_a_worker_without_partitions_cannot_cover() -> None:
    """It may say how many there are, and nothing is vouched for by that."""
    job = given(*PAUSING).when(word(2, Stance.STILL, ())).then(WorkerAcked("w-1", Stance.STILL, (), {"orders": 2}))
    assert job.coverage.missing == (("orders", 0), ("orders", 1))


@pytest.mark.parametrize("partitions", [{}, {"orders": 0}, {"payments": 2}], ids=["none", "zero", "another"])
def test_an_unknown_topic_is_never_covered(partitions: Mapping[str, int]) -> None:
    """An input of which no worker knows the partitions must not count as covered, whatever offsets are named."""
    ack = Ack("w-1", 2, Stance.STILL, orders(7, 9), partitions)
    job = given(*PAUSING).when(ack).then(WorkerAcked("w-1", Stance.STILL, orders(7, 9), partitions))
    assert job.state is JobState.PAUSING


def test_every_input_topic_counts() -> None:
    """A join is still only when both its inputs are; the cut names both."""
    spec = replace(SPEC, inputs=("orders", "payments"))
    past = (JobDeployed(spec, ("operator",)), StartRequested(None, SOON), PauseRequested("operator", None, SOON))
    first = Ack("w-1", 2, Stance.STILL, at(0, 7), {"orders": 1})
    given(*past).when(first).then(WorkerAcked("w-1", Stance.STILL, at(0, 7), {"orders": 1}))
    second = Ack("w-2", 2, Stance.STILL, cut_of({("payments", 0): 4}), {"payments": 1})
    both = cut_of({("orders", 0): 7, ("payments", 0): 4})
    vouched = WorkerAcked("w-1", Stance.STILL, at(0, 7), {"orders": 1})
    given(*past, vouched).when(second).then(
        WorkerAcked("w-2", Stance.STILL, second.offsets, {"payments": 1}), JobPaused("c3", both)
    )


def test_paused_is_shown_as_the_hold_owners() -> None:
    """A start into stillness is proved for the one who holds, with the hold's reason, not for the one who started."""
    past = (*HELD_AT_REST, By("ben", StartRequested("go", SOON)), By("ben", PauseRequested("operator", "x", SOON)))
    job = (
        given(*past).when(word(2, Stance.STILL, orders(0, 0))).then(acked(Stance.STILL, 0, 0), JobPaused("c3", orders(0, 0)))
    )
    assert (job.state, job.by, job.reason) == (JobState.PAUSED, "ana", "not yet")


def test_a_hold_released_while_pausing_does_not_void_coverage() -> None:
    """The release of one among several keeps the epoch: acks gathered so far still count."""
    past = (
        *HELD_AT_REST,
        StartRequested(None, SOON),
        PauseRequested("operator", "not yet", SOON),
        WorkerAcked("w-1", Stance.STILL, at(0, 0), {"orders": 2}),
        HoldReleased("operator", None),
    )
    job = (
        given(*past)
        .when(word(2, Stance.STILL, at(1, 0)))
        .then(WorkerAcked("w-1", Stance.STILL, at(1, 0), {"orders": 2}), JobPaused("c3", orders(0, 0)))
    )
    assert [hold.name for hold in job.holds] == ["audit"]


def test_ack_of_nothing() -> None:
    """A worker cannot ack a job into being."""
    given().when(word(0, Stance.STILL, orders(0))).then_refused("no_such_job", legal=("deploy",))


def test_transitional_states_are_those_that_wait() -> None:
    """Every state with a proof is transitional and no other."""
    assert {given(*past).job.state for past, *_ in PROOFS} == TRANSITIONAL  # type: ignore[union-attr]
