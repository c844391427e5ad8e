"""The policy: set, changed, removed; what is so already appends nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from slackwater.core.commands import Command, Verb
from slackwater.core.policy.events import FlagChanged, RuleSet, WindowSet
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import NO_POLICY, POLICY_ID, Policy, evolve_policy
from slackwater.core.policy.rule import METRICS, Rule
from slackwater.core.policy.verbs import RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import Window
from slackwater.core.result import Outcome
from slackwater.core.settle import Settled, settle

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
RULE = Rule("far-behind", "lag", 1000, 10)
WINDOW = Window("nightly", "30 2 * * *", "Europe/Berlin", 1800)


def asked(verb: Verb, policy: Policy = NO_POLICY, **envelope: int) -> Settled:
    """What a verb comes to under this policy."""
    return settle(None, Command("c", POLICY_ID, verb, "ana", "cli", AT, **envelope), policy)


def after(*verbs: Verb) -> Policy:
    """The policy after these."""
    policy = Policy()
    for verb in verbs:
        (step,) = asked(verb, policy).steps
        assert isinstance(step.after, Policy)
        policy = step.after
    return policy


@pytest.mark.parametrize(
    ("verb", "event"),
    [
        (SetFlag(Flag("none"), "not yet"), FlagChanged(Flag("none"), "not yet")),
        (SetWindow(WINDOW), WindowSet(WINDOW)),
        (SetRule(RULE), RuleSet(RULE)),
    ],
    ids=["flag", "window", "rule"],
)
def test_set(verb: Verb, event: object) -> None:
    """An event, and the policy that has it; asked again it is already so, and nobody says since when."""
    settled = asked(verb)
    assert [step.event for step in settled.steps] == [event]
    assert (settled.result.outcome, settled.result.version, settled.job) == (Outcome.ACCEPTED, 1, None)
    again = asked(verb, after(verb)).result
    assert (again.outcome, again.since, again.by) == (Outcome.ALREADY, None, None)


def test_changed() -> None:
    """The one of the same name is replaced, the others stay."""
    longer = Window("nightly", "30 2 * * *", "Europe/Berlin", 3600)
    policy = after(SetWindow(WINDOW), SetWindow(Window("weekly", "0 5 * * 0", "UTC", 600)), SetWindow(longer))
    assert [window.lasts_s for window in policy.windows] == [3600, 600]
    assert (policy.version, policy.by) == (3, "ana")


def test_removed() -> None:
    """It is gone; removing what is not there is already so."""
    policy = after(SetWindow(WINDOW), RemoveWindow("nightly", "over"), SetRule(RULE), RemoveRule("far-behind"))
    assert (policy.windows, policy.rules) == ((), ())
    assert asked(RemoveWindow("nightly"), policy).result.outcome is Outcome.ALREADY
    assert asked(RemoveRule("far-behind"), policy).result.outcome is Outcome.ALREADY


@pytest.mark.parametrize(
    "verb",
    [
        SetFlag(Flag("maybe")),
        SetWindow(Window("NO NAME", "0 2 * * *", "UTC", 600)),
        SetWindow(Window("n", "0 2 * * *", "UTC", 600, "a=")),
        SetFlag(Flag("some", "a," * 1000 + "a")),
        SetRule(replace(RULE, name="NO NAME")),
        SetRule(replace(RULE, metric="mood")),
        SetRule(replace(RULE, lower=1000)),
        SetRule(replace(RULE, lower=-1)),
        SetRule(replace(RULE, for_s=-1)),
        SetRule(replace(RULE, metric="memory_mb", release_s=10**7)),
        SetRule(replace(RULE, selector="a=")),
    ],
)
def test_what_makes_no_sense(verb: Verb) -> None:
    """Refused with what is wrong; nothing changed."""
    settled = asked(verb)
    assert (settled.result.code, settled.steps) == ("bad_policy", ())
    assert settled.result.message


@pytest.mark.parametrize("release_s", [0, 600])
def test_what_is_held_for_its_lag_does_not_let_go_by_itself(release_s: int) -> None:
    """A held job does not catch up: refused with what to do, for lag alone. A log that has such a rule folds as it did."""
    rule = replace(RULE, release_s=release_s)
    refused = asked(SetRule(rule)).result
    assert (refused.code, refused.message) == (
        "bad_policy",
        "a job that is held does not catch up: a rule on lag never lets go by itself",
    )
    assert "--release-after" in str(refused.hint)
    for metric in METRICS.keys() - {"lag"}:
        assert asked(SetRule(replace(rule, metric=metric))).result.outcome is Outcome.ACCEPTED
    kept = evolve_policy(NO_POLICY, RuleSet(rule), at=AT, actor="ana")
    assert kept.rules == (rule,)
    assert asked(SetRule(rule), kept).result.code == "bad_policy"
    assert asked(RemoveRule(rule.name), kept).result.changed


def test_a_text_no_log_can_keep() -> None:
    """The reason of a window is a text like any other."""
    refused = asked(SetWindow(Window("n", "0 2 * * *", "UTC", 600, reason="a\0b")))
    assert (refused.result.code, refused.steps) == ("bad_text", ())


def test_expected_version() -> None:
    """Two people do not overwrite each other unseen."""
    assert asked(SetFlag(Flag("none")), after(SetWindow(WINDOW)), expected_version=0).result.code == "version_conflict"
