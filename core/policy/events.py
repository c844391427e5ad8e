"""What happened to the policy. Like a job's events: appended once, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, get_args

from .flag import Flag
from .rule import Rule
from .window import Window


@dataclass(frozen=True, slots=True)
class FlagChanged:
    """Pausing is on for other jobs than before. Jobs that are held stay held, and can always be let go."""

    flag: Flag
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WindowSet:
    """A maintenance window is there from now on, or is another one. Holds of an occurrence that is open stay."""

    window: Window


@dataclass(frozen=True, slots=True)
class WindowRemoved:
    """It does not come again."""

    name: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule is there from now on, or is another one. A hold that it has placed stays, and is this one's now."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class RuleRemoved:
    """It holds no more jobs. Those it holds stay held until a person lets go."""

    name: str
    reason: str | None = None


PolicyEvent = FlagChanged | WindowSet | WindowRemoved | RuleSet | RuleRemoved
POLICY_EVENTS: Final[Mapping[str, type[PolicyEvent]]] = MappingProxyType({k.__name__: k for k in get_args(PolicyEvent)})
"""Every event type by its name in the log."""
