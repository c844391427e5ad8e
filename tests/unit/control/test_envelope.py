"""What is refused before the verb is looked at: the same at every door."""

from datetime import timedelta

import pytest

from slackwater.core.commands import is_job_id
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.start import Start
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.decide import CLOCK_SKEW_MAX
from slackwater.core.decisions import Accepted
from slackwater.core.events import JobDeployed, PauseRequested
from slackwater.core.states import JobState

from .given import DEPLOYED, DUE, NOW, RUNNING, SPEC, given

BAD_JOB_IDS = {
    "parent folder": "../x",
    "NUL": "a\0b",
    "300 characters": "a" * 300,
    "64 characters": "a" * 64,
    "right-to-left mark": "a\u200fb",
    "empty": "",
    "capital": "Orders",
    "space": "a b",
    "newline at the end": "orders\n",
    "dot first": ".a",
    "dash first": "-a",
    "letter of another script": "оrders",
    "digit of another script": "a٣",
    "slash": "a/b",
}


@pytest.mark.parametrize("job_id", BAD_JOB_IDS.values(), ids=BAD_JOB_IDS.keys())
def test_bad_job_id(job_id: str) -> None:
    """Refused for every verb, also for the deploy that would bring such a job into being."""
    assert not is_job_id(job_id)
    given().when(Deploy(SPEC), job_id=job_id).then_refused("bad_job_id")
    given().when(Pause(), job_id=job_id).then_refused("bad_job_id")


@pytest.mark.parametrize("job_id", ["a", "0", "a" * 63, "orders-big_2.v1"])
def test_good_job_id(job_id: str) -> None:
    """The longest, the shortest, and every kind of character are taken."""
    given().when(Deploy(SPEC), job_id=job_id).then(JobDeployed(SPEC))


@pytest.mark.parametrize("id", ["", "a\0b", "a\nb", "\ud800", "\u200f", "a" * 201, "é" * 101])
def test_bad_command_id(id: str) -> None:
    """What no log could keep or no person read is no name for a command: refused before anything else is looked at."""
    given().when(Deploy(SPEC), id=id).then_refused("bad_command_id")
    given(*RUNNING).when(Pause(), id=id, job_id="../x").then_refused("bad_command_id")


@pytest.mark.parametrize("id", ["a", "CHG-4711 again", "é" * 100, "/ops#7", "w-1/ab12"])
def test_good_command_id(id: str) -> None:
    """Any printable text of up to 200 bytes."""
    given().when(Deploy(SPEC), id=id).then(JobDeployed(SPEC))


@pytest.mark.parametrize("topic", ["", ".", "..", "a b", "a/b", "a\0", "é", "a" * 250])
def test_bad_reply_to(topic: str) -> None:
    """Answers go to a topic, or the command is refused."""
    given(*RUNNING).when(Pause(), reply_to=topic).then_refused("bad_reply_to")
    given(*RUNNING).when(Pause(), reply_to="a" * 249).then(PauseRequested("operator", None, DUE))


@pytest.mark.parametrize("late_s", [0, 1, 86_400])
def test_expired(late_s: int) -> None:
    """From its expiry on a command means nothing: a pause that waited out an outage must not come true next day."""
    asked = given(*RUNNING).when(Pause(), expires_at=NOW - timedelta(seconds=late_s))
    refused = asked.then_refused("expired")
    assert refused.state is JobState.RUNNING


def test_not_yet_expired() -> None:
    """A moment before, it counts."""
    asked = given(*RUNNING).when(Pause(), expires_at=NOW + timedelta(microseconds=1))
    asked.then(PauseRequested("operator", None, DUE))


def test_clock_skew() -> None:
    """A command from the future is refused; one from a clock that is a little fast is not."""
    refused = given(*RUNNING).when(Pause(), issued_at=NOW + timedelta(days=1)).then_refused("clock_skew")
    assert refused.state is JobState.RUNNING
    given(*RUNNING).when(Pause(), issued_at=NOW + CLOCK_SKEW_MAX).then(PauseRequested("operator", None, DUE))
    given(*RUNNING).when(Pause(), issued_at=NOW - timedelta(days=9)).then(PauseRequested("operator", None, DUE))


@pytest.mark.parametrize("expected", [0, 3, 5])
def test_version_conflict(expected: int) -> None:
    """Whoever looked at another version is told so and nothing moves, also where the verb itself would be legal."""
    refused = given(*RUNNING).when(Pause(), expected_version=expected).then_refused("version_conflict")
    assert f"expected version {expected}, orders_big is at 4" in refused.message


def test_expected_version() -> None:
    """The version that was looked at is let through; 0 is that of a job that does not exist yet."""
    given(*RUNNING).when(Pause(), expected_version=4).then(PauseRequested("operator", None, DUE))
    given().when(Deploy(SPEC), expected_version=0).then(JobDeployed(SPEC))
    given(*DEPLOYED).when(Deploy(SPEC), expected_version=0).then_refused("version_conflict")
    given().when(Start(), expected_version=1).then_refused("version_conflict")


@pytest.mark.parametrize("past", [(), RUNNING], ids=["no job", "running"])
def test_unreadable(past: tuple) -> None:
    """What could not be read is refused in the reader's words, whatever job it may have meant."""
    verb = Unreadable("bad_envelope", "not readable as JSON", "send an object")
    for job_id in ("orders_big", ""):
        refused = given(*past).when(verb, job_id=job_id).then_refused("bad_envelope")
        assert (refused.message, refused.hint) == ("not readable as JSON", "send an object")


def test_the_same_command_comes_to_the_same_decision() -> None:
    """decide reads no clock and keeps nothing."""
    first, second = (given(*RUNNING).when(Pause()).decision for _ in range(2))
    assert isinstance(first, Accepted)
    assert first == second
