"""The policy as folded from its events, and what a command comes to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar, assert_never

from ..decisions import AlreadySo, Refused
from ..recorded import Recorded
from .events import FlagChanged, PolicyEvent, RuleRemoved, RuleSet, WindowRemoved, WindowSet
from .flag import Flag, wrong_with_flag
from .rule import NO_RELEASE_HINT, Rule, never_releases, wrong_with_rule
from .verbs import PolicyVerb, RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from .window import Window, wrong_with_window

POLICY_ID: Final = "@policy"
"""Its stream in the log: no job can be named so."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}", re.ASCII)


T = TypeVar("T", Window, Rule)


class ForeignEvent(Exception):
    """The policy's stream holds (or someone appended) an event that cannot stand there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the log says about the policy after `version` events. A cache of the fold."""

    version: int = 0
    flag: Flag = field(default_factory=Flag)
    windows: tuple[Window, ...] = ()
    rules: tuple[Rule, ...] = ()
    since: datetime | None = None
    by: str = ""

    @property
    def id(self) -> str:
        """Its stream in the log."""
        return POLICY_ID

    def rules_for(self, job_id: str, labels: Mapping[str, str]) -> tuple[Rule, ...]:
        """The rules that watch this job: none where pausing is off."""
        return tuple(rule for rule in self.rules if rule.chooses(labels)) if self.flag.allows(job_id, labels) else ()

    def reaches(self, window: Window, job_id: str, labels: Mapping[str, str]) -> bool:
        """Does the window hold this job while it is open? None where pausing is off."""
        return window.chooses(labels) and self.flag.allows(job_id, labels)

    @property
    def epoch(self) -> int:
        """Always 0: nobody vouches for a policy."""
        return 0


NO_POLICY: Final = Policy()
"""Before the first event: pausing is on for every job, nobody is held by a rule."""


def decide_policy(policy: Policy, verb: PolicyVerb) -> PolicyEvent | AlreadySo | Refused:
    """Pure. What is so already appends nothing; what makes no sense is refused with what is wrong."""
    match verb:
        case SetFlag(flag, reason):
            event: PolicyEvent = FlagChanged(flag, reason)
            wrong, is_so = wrong_with_flag(flag), flag == policy.flag
        case SetWindow(window):
            event = WindowSet(window)
            wrong, is_so = _wrong_name(window.name) or wrong_with_window(window), window in policy.windows
        case RemoveWindow(name, reason):
            event = WindowRemoved(name, reason)
            wrong, is_so = None, name not in {window.name for window in policy.windows}
        case SetRule(rule):
            event = RuleSet(rule)
            wrong, is_so = _wrong_name(rule.name) or wrong_with_rule(rule), rule in policy.rules
        case RemoveRule(name, reason):
            event = RuleRemoved(name, reason)
            wrong, is_so = None, name not in {rule.name for rule in policy.rules}
        case _:
            assert_never(verb)
    if wrong is not None:
        return Refused("bad_policy", wrong, "nothing changed")
    if isinstance(verb, SetRule) and (why := never_releases(verb.rule)) is not None:
        return Refused("bad_policy", why, NO_RELEASE_HINT)
    # Since when and by whom this is so the policy does not know: only when anything in it changed last.
    return AlreadySo() if is_so else event


def _wrong_name(name: str) -> str | None:
    return None if NAME.fullmatch(name) else "a name is 1-41 of a-z 0-9 . _ - and begins with a letter or digit"


def evolve_policy(policy: Policy, event: PolicyEvent, *, at: datetime, actor: str) -> Policy:
    """The policy after one more event."""
    after = replace(policy, version=policy.version + 1, since=at, by=actor)
    match event:
        case FlagChanged():
            return replace(after, flag=event.flag)
        case WindowSet(window):
            return replace(after, windows=_named((*_without(after.windows, window.name), window)))
        case WindowRemoved(name):
            return replace(after, windows=_without(after.windows, name))
        case RuleSet(rule):
            return replace(after, rules=_named((*_without(after.rules, rule.name), rule)))
        case RuleRemoved(name):
            return replace(after, rules=_without(after.rules, name))
        case _:
            assert_never(event)


def _without(several: tuple[T, ...], name: str) -> tuple[T, ...]:
    return tuple(one for one in several if one.name != name)


def _named(several: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(sorted(several, key=lambda one: one.name))


def evolve_policy_recorded(policy: Policy, recorded: Recorded) -> Policy:
    """`evolve_policy` for an event as the log has it. Raises ForeignEvent for one that does not follow in this stream."""
    event, place = recorded.event, (recorded.version, recorded.epoch)
    if not isinstance(event, PolicyEvent) or place != (policy.version + 1, policy.epoch):
        name = type(event).__name__
        raise ForeignEvent(f"{name} at version {place[0]}, epoch {place[1]} does not follow policy {policy.version}")
    return evolve_policy(policy, event, at=recorded.at, actor=recorded.actor)


def replay_policy(history: Iterable[Recorded]) -> Policy:
    """The fold of the policy's events, in version order. Raises ForeignEvent."""
    policy = NO_POLICY
    for recorded in history:
        policy = evolve_policy_recorded(policy, recorded)
    return policy
