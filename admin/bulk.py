"""One verb for many jobs: each is asked and answered for itself, under one batch id."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from slackwater.core.commands import Verb, id_in_batch
from slackwater.core.selector import SelectorError
from slackwater.core.states import AT_REST

from .desk import CommandResult
from .door import Door, HandedIn
from .errors import InvalidCommand, NotFound, SlackwaterError, Unavailable, Usage
from .questions import Questions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one job of a batch came to: a result or an error, never both."""

    job: str
    batch_id: str
    result: CommandResult | None
    error: SlackwaterError | None


def chosen_names(
    asked: Questions,
    names: Sequence[str],
    selector: str | None,
    *,
    every: bool,
    turn_away: Callable[..., InvalidCommand] | None = None,
) -> tuple[str, ...]:
    """Which jobs are meant: those named, those with labels like `selector`, or every one.

    Raises Usage unless it is said in one of the three ways: never every job by accident; NotFound if labels choose none.
    A selector that cannot be read is told to `turn_away`, that of `Admin`: the log remembers that it was tried.
    """
    ways = [bool(names), selector is not None, every]
    if sum(ways) != 1:
        hint = "name jobs, or choose by labels (team=payments), or all jobs; all holds of a job are an option of their own"
        raise Usage("usage", "which jobs?" if not any(ways) else "names, a selector and all do not mix", hint=hint)
    if names:
        return tuple(dict.fromkeys(names))
    try:
        found = tuple(status.name for status in asked.list_jobs(selector))
    except InvalidCommand as error:
        if turn_away is None or error.code != SelectorError.code:
            raise
        raise turn_away("", error.code, error.message, error.hint) from None
    if not found and selector is not None:
        raise NotFound("no_such_job", f"no job has labels like {selector}", hint="see `slackwater jobs`")
    return found


def is_left_out(answer: Answer) -> bool:
    """It was refused because nothing of the job runs: there is nothing to hold still or to let go.

    Where a selector or `--all` chose the job that is no failure; whoever named it is told that it was refused.
    """
    error = answer.error
    return error is not None and error.code == "illegal_transition" and error.state in AT_REST


def row_of(answer: Answer) -> dict[str, Any]:
    """The answer as one object: the result's own fields, or `error`."""
    if answer.error is not None:
        return {"job": answer.job, "batch_id": answer.batch_id, **answer.error.as_json()}
    assert answer.result is not None
    return {"batch_id": answer.batch_id, **asdict(answer.result)}


def ask_each(
    door: Door,
    names: Sequence[str],
    verb: Verb,
    batch_id: str,
    *,
    wait: bool,
    timeout_s: float,
    yes_protected: Sequence[str] = (),
    dry_run: bool = False,
    on_accepted: Callable[[CommandResult], None] | None = None,
) -> tuple[Answer, ...]:
    """Every command is handed in before the first is seen through: jobs move side by side, and share the time there is.

    The command of a job is `<batch_id>/<name>`: a batch sent again is answered as it was the first time, and what it never
    came to is done. `yes_protected` names those jobs that are moved although they are protected. Never raises for what
    became of one job.
    """
    began = time.monotonic()

    def hand_in(name: str) -> HandedIn:
        yes = name if name in yes_protected else None
        handed = door.hand_in(name, verb, id_in_batch(batch_id, name), yes_protected=yes, dry_run=dry_run)
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
