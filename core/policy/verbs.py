"""What an operator may ask of the policy. Each names the whole of what it sets: asking twice is already so."""

from dataclasses import dataclass

from .flag import Flag
from .rule import Rule
from .window import Window


@dataclass(frozen=True, slots=True)
class SetFlag:
    """Turn pausing on or off."""

    flag: Flag
    reason: str | None = None

    name = "set_flag"


@dataclass(frozen=True, slots=True)
class SetWindow:
    """Add a maintenance window, or change the one of that name."""

    window: Window

    name = "set_window"

    @property
    def reason(self) -> str | None:
        """Why: what the holds will say."""
        return self.window.reason


@dataclass(frozen=True, slots=True)
class RemoveWindow:
    """Take a window away."""

    window: str
    reason: str | None = None

    name = "remove_window"


@dataclass(frozen=True, slots=True)
class SetRule:
    """Add a rule that holds jobs by itself, or change the one of that name."""

    rule: Rule

    name = "set_rule"

    @property
    def reason(self) -> str | None:
        """Why: what the holds will say."""
        return self.rule.reason


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """Take a rule away."""

    rule: str
    reason: str | None = None

    name = "remove_rule"


PolicyVerb = SetFlag | SetWindow | RemoveWindow | SetRule | RemoveRule
