"""The policy that a store shows is the fold of its events, whatever was asked; and events survive being written down."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from slackwater.core.codec import canonical, event_data, event_from
from slackwater.core.commands import Command
from slackwater.core.events import SCHEMA_VERSION, name_of
from slackwater.core.policy.flag import MODES, OTHERWISE, Flag
from slackwater.core.policy.policy import POLICY_ID, Policy, replay_policy
from slackwater.core.policy.rule import METRICS, Rule
from slackwater.core.policy.verbs import PolicyVerb, RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import Window
from slackwater.core.settle import settle
from slackwater.persistence.open import open_store

AT = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = st.sampled_from(["nightly", "weekly", "NO NAME"])
SELECTORS = st.sampled_from([None, "team=data", "team=="])
REASONS = st.one_of(st.none(), st.text(max_size=5))
FLAGS = st.builds(Flag, st.sampled_from([*MODES, "maybe"]), SELECTORS, st.integers(-1, 101), st.sampled_from(OTHERWISE))
CRONS = st.sampled_from(["30 2 * * *", "0 5 * * 0", "nonsense"])
WINDOWS = st.builds(
    Window, NAMES, CRONS, st.sampled_from(["UTC", "Europe/Berlin"]), st.integers(59, 700), SELECTORS, REASONS
)
BOUNDS = st.integers(-1, 5)
WHILES = st.integers(-1, 700)
RULES = st.builds(
    Rule, NAMES, st.sampled_from([*METRICS, "mood"]), BOUNDS, BOUNDS, WHILES, st.none() | WHILES, SELECTORS, REASONS
)
VERBS: st.SearchStrategy[PolicyVerb] = st.one_of(
    st.builds(SetFlag, FLAGS, REASONS),
    st.builds(SetWindow, WINDOWS),
    st.builds(RemoveWindow, NAMES, REASONS),
    st.builds(SetRule, RULES),
    st.builds(RemoveRule, NAMES, REASONS),
)


@settings(deadline=None)
@given(st.lists(VERBS, max_size=12))
def test_fold_is_projection(verbs: list[PolicyVerb]) -> None:
    """After each command the store answers as `settle` does; its policy is the fold of events read back from bytes."""
    store, policy = open_store("memory://"), Policy()
    for n, verb in enumerate(verbs):
        command = Command(f"c{n}", POLICY_ID, verb, "ana", "api", AT + timedelta(seconds=n))
        settled = settle(None, command, policy)
        result = store.handle(command)
        assert (result.outcome, result.code, result.version) == (
            settled.result.outcome, settled.result.code, settled.result.version,
        )  # fmt: skip
        for step in settled.steps:
            assert isinstance(step.after, Policy)
            policy = step.after
        history = store.history(POLICY_ID)
        assert store.policy() == policy == replay_policy(history)
        for recorded in history:
            data = json.loads(canonical(event_data(recorded.event)))
            assert event_from(name_of(recorded.event), SCHEMA_VERSION, data) == recorded.event
