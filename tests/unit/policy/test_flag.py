"""The feature flag: pausing is on for none, some or all jobs, and never a trap."""

import pytest
from hypothesis import given as draw
from hypothesis import strategies as st
from tests.unit.control.given import NOW, PASTS, PAUSED, RUNNING, STOPPED, given

from slackwater.core.commands import Command, Verb
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.stop import Stop
from slackwater.core.decide import decide
from slackwater.core.decisions import Accepted, Refused
from slackwater.core.events import ResumeRequested, StartRequested, StopRequested
from slackwater.core.policy.flag import Flag, bucket, wrong_with_flag
from slackwater.core.policy.policy import Policy
from slackwater.core.states import JobState

OFF = Policy(flag=Flag("none"))
STOPS = Policy(flag=Flag("none", otherwise="stop"))


def decided(past: tuple, verb: Verb, policy: Policy) -> object:
    """What the verb comes to under a policy."""
    return decide(given(*past).job, Command("asked", "orders_big", verb, "ben", "api", NOW), policy)


def test_off_is_a_clear_refusal() -> None:
    """It says that pausing is off, and what is legal instead."""
    refused = decided(RUNNING, Pause(), OFF)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.legal) == ("pause_disabled", ("pause", "stop", "drain", "kill", "deploy"))


def test_off_may_mean_stop_and_start() -> None:
    """By policy a pause is a stop, and its resume a start: what people had before there was a pause."""
    stopped, started = decided(RUNNING, Pause("CHG-1"), STOPS), decided(STOPPED, Resume("done"), STOPS)
    assert isinstance(stopped, Accepted)
    assert isinstance(started, Accepted)
    assert isinstance(stopped.events[0], StopRequested)
    assert isinstance(started.events[0], StartRequested)
    assert (stopped.events[0].reason, started.events[0].reason) == ("CHG-1", "done")


@pytest.mark.parametrize("verb", [Pause(for_s=20), Pause(until=NOW), Pause(hold="deploy-42")], ids=["for", "until", "hold"])
def test_a_stop_stands_in_for_a_plain_pause_only(verb: Pause) -> None:
    """What has an end or a name of its own is refused: the stop would drop it without a word."""
    refused = decided(RUNNING, verb, STOPS)
    assert isinstance(refused, Refused)
    assert refused.code == "pause_disabled"
    for resume in (Resume(rate_per_s=5), Resume(hold="deploy-42")):
        assert isinstance(decided(STOPPED, resume, STOPS), Refused)


@pytest.mark.parametrize("policy", [OFF, STOPS], ids=["refuse", "stop"])
def test_it_is_no_trap(policy: Policy) -> None:
    """What is held when the flag is turned off can be let go, and anything can be stopped."""
    resumed, stopped = decided(PAUSED, Resume(), policy), decided(PAUSED, Stop(), policy)
    assert isinstance(resumed, Accepted)
    assert isinstance(resumed.events[0], ResumeRequested)
    assert isinstance(stopped, Accepted)


@pytest.mark.parametrize("state", PASTS, ids=str)
def test_on_changes_nothing(state: JobState) -> None:
    """With the flag on for a job each verb comes to what it always did."""
    for verb in (Pause(), Resume(), Stop()):
        assert decided(PASTS[state], verb, Policy()) == decided(PASTS[state], verb, Policy(flag=Flag("some", percent=100)))


def test_some_by_labels() -> None:
    """A selector chooses."""
    flag = Flag("some", "team=payments")
    assert flag.allows("a", {"team": "payments"})
    assert not flag.allows("a", {"team": "search"})


@draw(
    st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True), min_size=1),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_more_percent_only_adds(names: list[str], one: int, other: int) -> None:
    """A job that is on at a percentage is on at every higher one; at 0 none is, at 100 all are."""
    less, more = sorted((one, other))
    for name in names:
        assert Flag("some", percent=less).allows(name, {}) <= Flag("some", percent=more).allows(name, {})
        assert not Flag("some", percent=0).allows(name, {})
        assert Flag("some", percent=100).allows(name, {})


def test_percent_is_spread() -> None:
    """Of many jobs about so many are chosen; the buckets are the same for ever."""
    chosen = sum(Flag("some", percent=30).allows(f"job-{n}", {}) for n in range(2000))
    assert 500 < chosen < 700
    assert [bucket(name) for name in ("orders_big", "payments", "a")] == [4, 60, 50]


@pytest.mark.parametrize(
    "flag", [Flag("maybe"), Flag("some", "team=="), Flag("some", percent=101), Flag("none", otherwise="panic")]
)
def test_what_is_no_flag(flag: Flag) -> None:
    """Each mistake is said in words."""
    assert wrong_with_flag(flag)
