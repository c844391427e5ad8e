"""The policy as folded from its events, and what a command comes to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, assert_never

from ..decisions import AlreadySo, Refused
from ..recorded import Recorded
from .events import FlagChanged, PolicyEvent, WindowRemoved, WindowSet
from .flag import Flag, wrong_with_flag
from .verbs import PolicyVerb, RemoveWindow, SetFlag, SetWindow
from .window import Window, wrong_with_window

POLICY_ID: Final = "@policy"
"""Its stream in the log: no job can be named so."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}", re.ASCII)


class ForeignEvent(Exception):
    """The policy's stream holds (or someone appended) an event that cannot stand there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the log says about the policy after `version` events. A cache of the fold."""

    version: int = 0
    flag: Flag = field(default_factory=Flag)
    windows: tuple[Window, ...] = ()
    since: datetime | None = None
    by: str = ""

    @property
    def id(self) -> str:
        """Its stream in the log."""
        return POLICY_ID

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
        case _:
            assert_never(verb)
    if wrong is not None:
        return Refused("bad_policy", wrong, "nothing changed")
    return AlreadySo(policy.since, policy.by) if is_so else event


def _wrong_name(name: str) -> str | None:
    return None if NAME.fullmatch(name) else "a name is 1-41 of a-z 0-9 . _ - and begins with a letter or digit"


def evolve_policy(policy: Policy, event: PolicyEvent, *, at: datetime, actor: str) -> Policy:
    """The policy after one more event."""
    after = replace(policy, version=policy.version + 1, since=at, by=actor)
    match event:
        case FlagChanged():
            return replace(after, flag=event.flag)
        case WindowSet(window):
            others = (one for one in after.windows if one.name != window.name)
            return replace(after, windows=tuple(sorted((*others, window), key=lambda one: one.name)))
        case WindowRemoved(name):
            return replace(after, windows=tuple(window for window in after.windows if window.name != name))
        case _:
            assert_never(event)


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
