"""settle: from a decision to what the log will say, and the answer that is kept for ever."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.control.given import DUE, HELD_AT_REST, NOW, PAUSED, RUNNING, SPEC, after, job_after

from slackwater.core.commands import Command, Position, Verb
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.start import Start
from slackwater.core.decisions import Refused
from slackwater.core.events import PauseRequested, StartRequested
from slackwater.core.result import Outcome
from slackwater.core.settle import command_hash, refusal, settle
from slackwater.core.spec import JobSpec
from slackwater.core.states import JobState


def asked(verb: Verb, **more: object) -> Command:
    """ben's command."""
    return Command("asked", "orders_big", verb, "ben", "api", NOW, **more)  # type: ignore[arg-type]


def test_accepted() -> None:
    """Each step carries the job right after it; the answer is that of the last one."""
    settled = settle(job_after(HELD_AT_REST), asked(Start()))
    assert [type(step.event) for step in settled.steps] == [StartRequested, PauseRequested]
    assert [(step.after.state, step.after.version, step.after.epoch) for step in settled.steps] == [
        (JobState.STARTING, 2, 1),
        (JobState.PAUSING, 3, 2),
    ]
    result = settled.result
    assert settled.job == settled.steps[-1].after
    assert (result.outcome, result.changed, result.events) == (
        Outcome.ACCEPTED,
        True,
        ("StartRequested", "PauseRequested"),
    )
    assert (result.state, result.version, result.epoch, result.seq) == (JobState.PAUSING, 3, 2, None)
    assert (result.code, result.legal, result.since) == (None, (), None)


def test_already_so() -> None:
    """Success without a step: since when, by whom and why; not a refusal and not a change."""
    job = job_after(PAUSED)
    settled = settle(job, asked(Pause()))
    result = settled.result
    assert (settled.steps, settled.job) == ((), job)
    assert (result.outcome, result.changed, result.code, result.events) == (Outcome.ALREADY, False, None, ())
    assert (result.since, result.by, result.reason) == (after(4), "ana", "maintenance")


def test_refused() -> None:
    """No step, the job as it was, and what would be legal."""
    job = job_after(RUNNING)
    settled = settle(job, asked(Start(), expected_version=9))
    assert (settled.steps, settled.job) == ((), job)
    assert (settled.result.outcome, settled.result.changed) == (Outcome.REFUSED, False)
    assert (settled.result.code, settled.result.hint) == ("version_conflict", "look at the job again and decide anew")
    assert (settled.result.state, settled.result.version) == (JobState.RUNNING, 4)


def test_refused_without_a_job() -> None:
    """There is no state to show: None, and version 0."""
    settled = settle(None, asked(Pause()))
    assert settled.job is None
    result = settled.result
    assert (result.code, result.state, result.version, result.epoch) == ("no_such_job", None, 0, 0)
    assert result.legal == ("deploy",)


def test_a_stores_own_refusal() -> None:
    """A store words command_id_reused itself; the answer has the same form."""
    result = refusal(asked(Pause()), job_after(RUNNING), Refused("command_id_reused", "used", "take a new id"))
    assert (result.command_id, result.verb, result.outcome, result.code) == (
        "asked",
        "pause",
        Outcome.REFUSED,
        "command_id_reused",
    )


def test_again() -> None:
    """The same answer, marked as a duplicate; the first one is not changed by it."""
    first = settle(job_after(RUNNING), asked(Pause())).result
    again = first.again()
    assert again.duplicate
    assert not first.duplicate
    assert replace(again, duplicate=False) == first


@pytest.mark.parametrize(
    "other",
    [
        replace(asked(Pause("x")), at=DUE),
        replace(asked(Pause("x")), actor="cy", channel="topic"),
        replace(asked(Pause("x")), position=Position("slackwater.control", 0, 7), reply_to="there"),
        replace(asked(Pause("x")), issued_at=NOW - timedelta(seconds=3), expires_at=DUE),
    ],
    ids=["time", "who and door", "place", "dates"],
)
def test_the_same_ask_has_one_hash(other: Command) -> None:
    """When, where and by which door it arrived does not make it another command: a redelivery is a duplicate."""
    assert command_hash(other) == command_hash(asked(Pause("x")))


@pytest.mark.parametrize(
    "other",
    [
        asked(Pause("y")),
        asked(Pause("x", hold="audit")),
        asked(Pause("x", deadline_s=5)),
        asked(Start("x")),
        asked(Pause("x"), expected_version=4),
        replace(asked(Pause("x")), job_id="another"),
        asked(Deploy(SPEC)),
    ],
    ids=["reason", "hold", "timeout", "verb", "expected version", "job", "deploy"],
)
def test_another_ask_has_another_hash(other: Command) -> None:
    """A reused id with other content must be seen."""
    assert command_hash(other) != command_hash(asked(Pause("x")))


def test_a_deploy_is_known_by_all_of_its_spec() -> None:
    """Labels and description count for the command, though not for the spec's own hash."""
    labelled = JobSpec(SPEC.sql, inputs=SPEC.inputs, outputs=SPEC.outputs, labels={"team": "data"})
    assert labelled.hash == SPEC.hash
    assert command_hash(asked(Deploy(labelled))) != command_hash(asked(Deploy(SPEC)))
