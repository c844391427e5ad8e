"""How long a transition is given comes from outside: it is bounded at the desk, whatever door it came by."""

from collections.abc import Callable

import pytest

from slackwater.core.commands import Verb
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.events import StartRequested

from .given import DEPLOYED, PAUSED, PAUSING, RUNNING, after, given

ASKED = {Start: DEPLOYED, Pause: RUNNING, Resume: PAUSED, Stop: PAUSING}


@pytest.mark.parametrize("verb", ASKED, ids=lambda verb: verb.name)
@pytest.mark.parametrize("deadline_s", [999_999_999_999, 86_401, 0, -5])
def test_unfit_deadlines(verb: Callable[..., Verb], deadline_s: int) -> None:
    """More than a day is no deadline, and less than a second would fall back at once: both are refused, nothing moves."""
    given(*ASKED[verb]).when(verb(deadline_s=deadline_s)).then_refused("bad_deadline")


@pytest.mark.parametrize("deadline_s", [1, 86_400])
def test_the_bounds_are_taken(deadline_s: int) -> None:
    """A second and a day are fine."""
    asked = given(*DEPLOYED).when(Start(deadline_s=deadline_s))
    asked.then(StartRequested(None, asked.command.at + (after(deadline_s) - after(0))))
