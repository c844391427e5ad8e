"""What the verbs that move jobs share: which jobs, why, how long to wait, and how to answer."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from slackwater.core.control.expire import DEADLINE_S

from .app import Output, OutputOption, app

Jobs = Annotated[list[str] | None, typer.Argument(metavar="JOB", help="Names of jobs.", show_default=False)]
SelectorOption = Annotated[
    str | None, typer.Option("--selector", "-l", help="Jobs with these labels: team=payments,tier!=test,zone in (eu,us).")
]
EveryOption = Annotated[bool, typer.Option("--all", help="Every job.")]
Reason = Annotated[str | None, typer.Option("--reason", "-r", help="Why; kept in the log for ever.")]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="As --wait no.")]
TimeoutOption = Annotated[float, typer.Option(min=0, help="Seconds to wait for proof (exit 6 after that).")]
DeadlineOption = Annotated[int, typer.Option("--deadline", help="Seconds until an unproved transition is given up.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; nothing moves.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before several jobs are moved.")]
YesProtectedOption = Annotated[
    list[str] | None,
    typer.Option("--yes-protected", metavar="NAME", help="Move this job although it is protected (label protected=true)."),
]
CommandId = Annotated[
    str | None, typer.Option(help="Idempotency key (of several jobs: batch id): the same is answered with the first result.")
]

ExpectedVersion = Annotated[
    int | None, typer.Option(help="Only if nothing has happened since this version (number of the last event); else exit 3.")
]


class Wait(StrEnum):
    """What to wait for."""

    NO = "no"
    DONE = "done"
    CAUGHT_UP = "caught-up"


WaitOption = Annotated[Wait, typer.Option(help="For nothing, for the proof, or (start, resume) until it has caught up.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said beside the verb. Its fields are options of the command line."""

    jobs: Jobs = None
    selector: SelectorOption = None
    every: EveryOption = False
    reason: Reason = None
    wait: WaitOption = Wait.DONE
    no_wait: NoWaitOption = False
    timeout: TimeoutOption = 30.0
    deadline: DeadlineOption = DEADLINE_S
    dry_run: DryRunOption = False
    yes: YesOption = False
    yes_protected: YesProtectedOption = None
    command_id: CommandId = None
    expected_version: ExpectedVersion = None
    output: OutputOption = Output.TABLE

    def yes_to(self, name: str) -> str | None:
        """The job's name, if it was said to be moved although it is protected."""
        return name if name in (self.yes_protected or ()) else None

    @property
    def waits_for(self) -> Wait:
        """`--no-wait` is the stronger word."""
        return Wait.NO if self.no_wait else self.wait


def moves_jobs(build: Callable[..., Any]) -> Callable[..., Any]:
    """Make a verb of the command line from a function that makes its command.

    The function is given an Asked first, and after it what it names itself; both are options of the verb.
    """
    shared = inspect.signature(Asked).parameters
    own = list(inspect.signature(build).parameters.values())[1:]

    def run(**given: Any) -> None:
        from .carry_out import carry_out

        asked = Asked(**{name: given.pop(name) for name in shared})
        carry_out(lambda: build(asked, **given), asked)

    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*shared.values(), *own)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__doc__ = build.__doc__
    app.command(build.__name__)(run)
    return build
