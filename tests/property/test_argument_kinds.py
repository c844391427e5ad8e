"""Whatever a caller puts into a command: it is refused and recorded, or every event it appends can be read again."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slackwater.core.codec import readable_text
from slackwater.core.commands import Command
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.rule import Rule
from slackwater.core.policy.verbs import RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import Window
from slackwater.core.spec import JobSpec
from slackwater.persistence.open import open_store

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes()
ANYTHING = st.recursive(LEAVES, lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=3), it, max_size=2))
SOUND: tuple[Any, ...] = (
    Deploy(JobSpec("SELECT 2", inputs=("t",)), ("h",)), Pause("why"), Resume("why"), Start(), Stop(), Rollback(),
    JobSpec("SELECT 3", inputs=("t",)), Flag("some", percent=5), Window("w", "0 5 * * *", "UTC", 600),
    Rule("r", "lag", 5, 1), RemoveRule("r"), RemoveWindow("w"), SetFlag(Flag("none")),
)  # fmt: skip
WHOLE: dict[type, Any] = {JobSpec: Deploy, Flag: SetFlag, Window: SetWindow, Rule: SetRule}


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_refused_or_readable(data: st.DataObject) -> None:
    """One or more fields of any operator's verb hold anything at all; the desk neither raises nor appends what is lost."""
    store, at = open_store("memory://"), datetime(2026, 11, 24, tzinfo=UTC)
    for n, verb in enumerate((Deploy(JobSpec("SELECT 1", inputs=("t",))), Start())):
        store.handle(Command(f"first-{n}", "a", verb, "ana", "api", at))
    before = store.head().seq
    sound = data.draw(st.sampled_from(SOUND))
    said = {field.name: getattr(sound, field.name) for field in fields(sound)}
    for name in data.draw(st.lists(st.sampled_from(sorted(said)), min_size=1, max_size=2)):
        said[name] = data.draw(ANYTHING)
    part = type(sound)(**said)
    wrong = WHOLE[type(sound)](part) if type(sound) in WHOLE else part
    about = POLICY_ID if isinstance(wrong, SetFlag | SetWindow | SetRule | RemoveRule | RemoveWindow) else "a"
    result = store.handle(Command("c", about, wrong, "ana", "api", at))
    assert all(readable_text(recorded.event) is not None for recorded in store.read(before))
    assert result.code is None or store.head().seq == before
    assert store.result(result.command_id) == result
