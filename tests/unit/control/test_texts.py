"""Texts that come from outside are kept for ever: what no database can keep is refused at the desk."""

from datetime import UTC, datetime

import pytest

from slackwater.core.commands import Command
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.decide import decide
from slackwater.core.decisions import Refused
from slackwater.core.spec import JobSpec

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize("bad", ["x" * 1001, "a\0b", "\ud800"])
@pytest.mark.parametrize("field", ["actor", "reason", "hold", "holds", "version"])
def test_unfit_texts(field: str, bad: str) -> None:
    """Too long, with NUL or a lone surrogate: refused by name, whatever door it came by."""
    verbs = {
        "reason": Pause(bad),
        "hold": Pause(None, bad),
        "holds": Deploy(JobSpec("x"), (bad,)),
        "version": Deploy(JobSpec("x", bad)),
    }
    command = Command("c", "job", verbs.get(field, Pause()), bad if field == "actor" else "ana", "api", AT)
    refused = decide(None, command)
    assert isinstance(refused, Refused)
    assert refused.code == "bad_text"
    assert field.rstrip("s") in refused.message


def test_empty_hold() -> None:
    """A hold without a name could never be released by name."""
    refused = decide(None, Command("c", "job", Pause(None, " "), "ana", "api", AT))
    assert isinstance(refused, Refused)
    assert refused.code == "bad_text"
