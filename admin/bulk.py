"""One verb for many jobs: each is asked and answered for itself, under one batch id."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from slackwater.core.commands import Verb

from .desk import CommandResult
from .door import Door, HandedIn
from .errors import SlackwaterError, Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one job of a batch came to: a result or an error, never both."""

    name: str
    batch_id: str
    result: CommandResult | None
    error: SlackwaterError | None


def ask_each(
    door: Door,
    names: Sequence[str],
    verb: Verb,
    batch_id: str,
    *,
    wait: bool,
    timeout_s: float,
    dry_run: bool = False,
    on_accepted: Callable[[CommandResult], None] | None = None,
) -> tuple[Answer, ...]:
    """Every command is handed in before the first is seen through: jobs move side by side, and share the time there is.

    The command of a job is `<batch_id>/<name>`: a batch sent again is answered as it was the first time, and what it never
    came to is done. Never raises for what became of one job.
    """
    began = time.monotonic()

    def hand_in(name: str) -> HandedIn:
        handed = door.hand_in(name, verb, f"{batch_id}/{name}", dry_run=dry_run)
        if on_accepted is not None:
            on_accepted(handed.now())
        return handed

    def finish(name: str) -> CommandResult:
        one = handed[name]
        if isinstance(one, SlackwaterError):
            raise one
        left_s = max(timeout_s - (time.monotonic() - began), 0.0)
        return one.now() if dry_run or not wait else door.see_through(one, left_s)

    handed = dict(_each(names, hand_in))
    return tuple(
        Answer(name, batch_id, None, found) if isinstance(found, SlackwaterError) else Answer(name, batch_id, found, None)
        for name, found in _each(names, finish)
    )


def _each(names: Sequence[str], act: Callable[[str], T]) -> Iterator[tuple[str, T | SlackwaterError]]:
    """Once the log cannot be reached it is not asked again for every job that is left."""
    lost: Unavailable | None = None
    for name in names:
        try:
            yield name, lost or act(name)
        except Unavailable as error:
            lost = error
            yield name, error
        except SlackwaterError as error:
            yield name, error
