"""Faults made by someone else on the same Kafka: our id taken, our input blocked by a transaction, our offsets deleted."""

import time
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from slackwater.admin.errors import SlackwaterError

from .foreign import fence, forget_offsets, open_transaction
from .house import house
from .story import LiveReader, Measured, Otherwise, checked_pause, finish, flowing, proved_pause

FENCED_TIMES: Final = 5


def transactional_id_taken(directory: Path) -> Measured:
    """A foreign producer begins under a worker's own transactional id, again and again: each time the worker says so, takes
    the id back and goes on; what it had in hand is taken once more."""
    with house(directory, workers=("w-1",)) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            for n in range(FENCED_TIMES):
                before = sum(rig.committed().values())
                fence(rig, "w-1")
                rig.wait_for(lambda n=n: rig.heard("w-1", "rewinding to the committed offsets") > n, "the worker to say so")  # type: ignore[misc]
                rig.wait_for(lambda before=before: sum(rig.committed().values()) > before, "a commit")  # type: ignore[misc]
            checked_pause(rig)
            rig.settle()
        return {"fenced": FENCED_TIMES, "said": rig.heard("w-1", "rewinding"), **finish(rig, reader)}


def input_blocked(directory: Path) -> Measured:
    """A foreign transaction stays open on the input: no record behind it may be read, so the job waits there. It pauses and
    resumes as ever, its lag counts what may be read, and it goes on once the transaction ends."""
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        rig.produce(1000)
        rig.wait_caught_up()
        took = []
        with open_transaction(rig):
            stands = rig.committed()
            rig.produce(1000)
            time.sleep(2)
            for _ in range(3):
                took.append(checked_pause(rig))
                rig.settle()
            assert rig.committed() == stands, "it went past an open transaction"
            state = rig.admin.kafka_state(rig.job)
            assert state is not None
            lag, blocked = state.current_lag, state.blocked_by_open_txn
        assert None not in took, "a pause was not proved"
        assert lag == 0, f"nothing may be read, and the lag is {lag}"
        assert blocked >= 1000, f"{blocked} are said to be blocked"
        return {"pause, s": round(max(one for one in took if one is not None), 2), **finish(rig, reader)}


def offsets_deleted_while_stopped(directory: Path) -> Measured:
    """The group and its offsets are deleted while the job is STOPPED: it continues at the cut that the log keeps."""
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        rig.produce(3000)
        rig.wait_caught_up()
        rig.admin.stop_job(rig.job, timeout=60)
        cut = {partition: offset for _, partition, offset in rig.admin.get_job_status(rig.job).cut}
        forget_offsets(rig)
        assert set(rig.committed().values()) == {-1001}
        rig.produce(3000)
        rig.admin.start_job(rig.job, timeout=60)
        assert all(offset >= cut[partition] for partition, offset in rig.committed().items())
        return finish(rig, reader)


def offsets_deleted_while_running(directory: Path) -> Measured:
    """Every worker is dead, and the group and its offsets are deleted while the job RUNS: nobody knows where it stood.

    It FAILS as `offsets_lost`, and starts only when someone accepts that what came after the last cut is written again.
    """
    with house(directory) as (_, rig):
        rig.produce(3000)
        rig.wait_caught_up()
        checked_pause(rig)
        cut = sum(offset for _, _, offset in rig.admin.get_job_status(rig.job).cut)
        rig.settle()
        rig.produce(3000)
        rig.wait_caught_up()
        before = rig.outputs()
        for worker in rig.processes:
            rig.kill(worker)
        rig.wait_for(lambda: rig.members() == 0, "the dead to be missed")
        forget_offsets(rig)
        rig.worker("w-3")
        rig.wait_state("FAILED")
        failure = rig.admin.get_job_status(rig.job).failure or ""
        assert failure.startswith("offsets_lost"), failure
        assert rig.outputs() == before, "it wrote without knowing where it stood"
        with pytest.raises(SlackwaterError) as refused:
            rig.admin.start_job(rig.job)
        assert refused.value.code == "offsets_lost"
        rig.admin.start_job(rig.job, accept_gap=True, timeout=60)
        rig.wait_caught_up()
        proved_pause(rig)
        twice = Counter(rig.outputs()) - Counter(rig.expected())
        assert not Counter(rig.expected()) - Counter(rig.outputs()), "an output is lost"
        assert rig.produced - cut == 3000
        assert max(twice.values(), default=0) <= 1
        assert twice.total() <= 3000
        assert rig.admin.verify().ok
        measured = {"records after the last cut": rig.produced - cut, "outputs written again": twice.total()}
        return Otherwise("0 lost, written again as accepted", measured)


FOREIGN_FAULTS = (transactional_id_taken, input_blocked, offsets_deleted_while_stopped, offsets_deleted_while_running)
