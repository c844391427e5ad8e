"""What a refusal says is legal must be what decide() would take."""

from datetime import timedelta
from typing import Any

import pytest

from slackwater.core.commands import Verb
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Drain, Kill, Stop
from slackwater.core.control.verdicts import LEGAL_VERBS, legal_verbs
from slackwater.core.decisions import Accepted, AlreadySo, Refused
from slackwater.core.events import HoldAdded, JobDeployed, JobEvent, JobFailed, JobStopped, StartRequested, StopRequested
from slackwater.core.spec import JobSpec
from slackwater.core.states import JobState

from .given import HELD_AT_REST, NOW, OTHER_SPEC, PASTS, PAUSED, PAUSING, ROLLING, SOON, STOPPED, given, orders

VERBS: dict[str, Verb] = {
    "deploy": Deploy(JobSpec("SELECT customer FROM orders", "3", inputs=("orders",), outputs=("big",))),
    "start": Start(),
    "pause": Pause(hold="audit"),
    "resume": Resume(hold=None),
    "stop": Stop(),
    "drain": Drain(),
    "kill": Kill(),
    "rollback": Rollback(),
}
REACHABLE: dict[str, tuple[JobEvent, ...]] = {
    **{str(state): past for state, past in PASTS.items()},
    "DEPLOYED, held": HELD_AT_REST,
    "STOPPED, held": (*HELD_AT_REST, JobStopped("c2", ())),
    "FAILED, held": (*PAUSED, JobFailed("data_gap", "gone", orders(7, 9))),
    "STOPPING, held": (*PAUSED, StopRequested(None, SOON)),
    "STOPPING, for a rollout": ROLLING,
    "RUNNING, rolled out": (*STOPPED, JobDeployed(OTHER_SPEC), StartRequested(None, SOON)),
    "PAUSING, two holds": (*PAUSING, HoldAdded("night", None)),
    "PAUSED, two holds": (*PAUSED, HoldAdded("night", None)),
}
MISTAKES: list[tuple[str, Verb, dict[str, Any]]] = [
    ("version_conflict", Start(), {"expected_version": 99}),
    ("expired", Start(), {"expires_at": NOW}),
    ("clock_skew", Start(), {"issued_at": NOW + timedelta(days=1)}),
    ("bad_deadline", Start(deadline_s=0), {}),
    ("bad_text", Start("\0"), {}),
    ("bad_until", Pause(for_s=0), {}),
    ("bad_until", Pause(for_s=60, until=NOW + timedelta(hours=1)), {}),
    ("bad_until", Pause(until=NOW), {}),
    ("bad_until", Pause(until=NOW + timedelta(days=999)), {}),
    ("bad_rate", Resume(rate_per_s=0), {}),
]


@pytest.mark.parametrize("past", REACHABLE.values(), ids=REACHABLE.keys())
@pytest.mark.parametrize("verb", VERBS)
def test_listed_is_taken_and_unlisted_is_not(past: tuple, verb: str) -> None:
    """A listed verb is accepted. An unlisted one is refused as illegal with that same list, or is already so."""
    asked = given(*past).when(VERBS[verb])
    assert asked.job is not None
    legal = legal_verbs(asked.job)
    if verb in legal:
        assert isinstance(asked.decision, Accepted)
        return
    assert isinstance(asked.decision, Refused | AlreadySo)
    if isinstance(asked.decision, Refused):
        nowhere_back = verb == "rollback" and not asked.job.earlier
        asked.then_refused("no_such_version" if nowhere_back else "illegal_transition", legal=legal)


@pytest.mark.parametrize("past", REACHABLE.values(), ids=REACHABLE.keys())
@pytest.mark.parametrize(("code", "verb", "envelope"), MISTAKES)
def test_a_mistake_in_a_command_says_what_is_legal_too(past: tuple, code: str, verb: Verb, envelope: dict) -> None:
    """Whatever it was refused for, the answer names the state and what may be asked in it."""
    asked = given(*past).when(verb, **envelope)
    assert asked.job is not None
    asked.then_refused(code, legal=legal_verbs(asked.job))


@pytest.mark.parametrize("verb", VERBS)
def test_of_nothing_only_a_deploy_is_legal(verb: str) -> None:
    """The list for no job at all agrees too."""
    asked = given().when(VERBS[verb])
    if verb in LEGAL_VERBS[JobState.ABSENT]:
        assert isinstance(asked.decision, Accepted)
    else:
        asked.then_refused("no_such_job", legal=("deploy",))


def test_every_state_has_a_list() -> None:
    """A state added to JobState needs an answer here."""
    assert set(LEGAL_VERBS) == set(JobState)


def test_where_nothing_is_legal_the_refusal_says_what_to_wait_for() -> None:
    """A job that is being killed can be asked nothing; its refusal must not end in an empty list without a word."""
    killed = (*PASTS[JobState.RUNNING], StopRequested(None, SOON, at_once=True))
    refused = given(*killed).when(Start()).then_refused("illegal_transition", legal=())
    assert "nothing until STOPPING ends" in refused.message
