"""Oversight: what a worker does about a job, from the log's job and what runs here."""

from dataclasses import replace

from tests.unit.control.given import FAILED, OTHER_SPEC, PAUSED, PAUSING, RUNNING, STARTING, STOPPING, job_after, orders

from slackwater.core.control.ack import Ack
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.coverage import Stance
from slackwater.core.job import Job
from slackwater.core.want import wanted
from slackwater.streams.oversight import CONCLUDE_AFTER_S, AskGroup, Bury, Employ, Oversight, Running, Say, Tell
from slackwater.streams.standing import PathFailure, Standing


def _job(past: object) -> Job:
    job = job_after(past)  # type: ignore[arg-type]
    assert job is not None
    return job


def _running(job: Job, **other: object) -> Running:
    return replace(Running(job.spec.hash, 0, True, None, None), **other)  # type: ignore[arg-type]


def _standing(job: Job) -> Standing:
    return Standing(wanted(job), orders(7, 9), {"orders": 2}, 3, {"orders": "t-1"})


def test_a_live_job_is_employed_and_told() -> None:
    """Nothing runs here yet: join, and hear the wish at once."""
    job = _job(STARTING)
    assert Oversight("w-1").judge(job, None, 0) == [Employ(), Tell(wanted(job))]


def test_a_job_at_rest_is_left_alone() -> None:
    """Nobody joins for it."""
    assert Oversight("w-1").judge(_job(FAILED), None, 0) == []


def test_what_must_not_run_is_buried() -> None:
    """A job that no longer lives, a path that ended, another text, an input made anew."""
    job = _job(RUNNING)
    for running in (
        _running(job, is_alive=False),
        _running(job, spec_hash=OTHER_SPEC.hash),
        _running(job, renewed=1),
    ):
        assert Oversight("w-1").judge(job, running, 0) == [Bury()]
    assert Oversight("w-1").judge(_job(FAILED), _running(job), 0) == [Bury()]


def test_an_ack_is_said_until_it_counts() -> None:
    """Only for the wish that is current; not again once the coverage has it."""
    job = _job(PAUSING)
    ack = Ack("w-1", 2, Stance.STILL, orders(7, 9), {"orders": 2}, 3, {"orders": "t-1"})
    assert Say(ack) in Oversight("w-1").judge(job, _running(job, standing=_standing(job)), 0)
    stale = replace(_standing(job), want=wanted(_job(RUNNING)))
    assert Oversight("w-1").judge(job, _running(job, standing=stale), 0) == [Tell(wanted(job))]
    paused = _job(PAUSED)
    assert Oversight("w-1").judge(paused, _running(paused, standing=_standing(paused)), 0) == [Tell(wanted(paused))]


def test_released_is_said_only_when_it_is_true() -> None:
    """Not while the path still holds its partitions; as its last word, after they are given up."""
    job = _job(STOPPING)
    oversight, running = Oversight("w-1"), _running(job, standing=_standing(job))
    assert oversight.judge(job, running, 0) == [Tell(wanted(job))]
    (said,) = oversight.epitaph(job, replace(running, is_alive=False), 0)
    assert isinstance(said, Say)
    assert isinstance(said.verb, Ack)
    assert said.verb.stance is Stance.RELEASED


def test_a_stop_that_others_do_not_finish_is_concluded() -> None:
    """A worker that has released does not join again: it looks at the group, once a second."""
    job = _job(STOPPING)
    oversight = Oversight("w-1")
    oversight.epitaph(job, _running(job), 10)
    assert oversight.judge(job, None, 10 + CONCLUDE_AFTER_S / 2) == []
    assert oversight.judge(job, None, 10 + CONCLUDE_AFTER_S) == [AskGroup()]
    assert oversight.judge(job, None, 10.1 + CONCLUDE_AFTER_S) == []


def test_a_failure_is_the_last_word() -> None:
    """With its code, and what was last committed."""
    job = _job(RUNNING)
    running = _running(job, is_alive=False, failure=PathFailure("poison_record", "no", orders(3)))
    assert Oversight("w-1").epitaph(job, running, 0) == [Say(Fail("w-1", 1, "poison_record", "no", orders(3)))]


def test_a_deadline_counts_from_when_this_worker_saw_it() -> None:
    """A worker that comes late has watched nothing yet, whatever the recorded times say."""
    job = _job(PAUSING)
    assert job.deadline is not None
    assert job.since is not None
    allowed = (job.deadline - job.since).total_seconds()
    oversight = Oversight("w-1")
    assert oversight.judge(job, _running(job), 1000) == [Tell(wanted(job))]
    assert oversight.judge(job, _running(job), 1000 + allowed - 1) == [Tell(wanted(job))]
    assert oversight.judge(job, _running(job), 1000 + allowed) == [Tell(wanted(job)), Say(Expire(2, int(allowed)))]
    waiting = replace(job, spec=replace(job.spec, on_deadline="wait"))
    assert oversight.judge(waiting, _running(waiting), 1000 + allowed) == [Tell(wanted(job))]
