"""What an operator may ask of the policy. Each names the whole of what it sets: asking twice is already so."""

from dataclasses import dataclass

from .auto_hold import AutoHold
from .flag import Flag
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


@dataclass(frozen=True, slots=True)
class RemoveWindow:
    """Take a window away."""

    window: str
    reason: str | None = None

    name = "remove_window"


@dataclass(frozen=True, slots=True)
class SetAutoHold:
    """Add a rule that holds jobs, or change the one of that name."""

    rule: AutoHold

    name = "set_auto_hold"


@dataclass(frozen=True, slots=True)
class RemoveAutoHold:
    """Take a rule away."""

    rule: str
    reason: str | None = None

    name = "remove_auto_hold"


PolicyVerb = SetFlag | SetWindow | RemoveWindow | SetAutoHold | RemoveAutoHold
