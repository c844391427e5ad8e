"""A message that could not be understood: recorded as a command that is always refused, so that nothing is lost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What arrived and why it means nothing: `code` is from the closed set of docs/control-topic.md."""

    code: str
    message: str
    hint: str | None = None

    name = "unreadable"
