"""The verbs that move a job: deploy, start, pause, resume, stop, drain, kill."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from slackwater.core.commands import Verb
from slackwater.core.control.expire import DEADLINE_S
from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.control.resume import UNTIL_LAG, Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Drain, Kill, Stop

from ..clock_time import in_utc
from ..errors import InvalidCommand, Usage
from .app import Output, OutputOption, app, connect
from .asked import (
    Asked,
    CommandId,
    DeadlineOption,
    DryRunOption,
    ExpectedVersion,
    NoWaitOption,
    Reason,
    TimeoutOption,
    Wait,
    WaitOption,
    YesProtectedOption,
    moves_jobs,
)

HoldOption = Annotated[str, typer.Option(help="Name of the hold.")]
ForOption = Annotated[str | None, typer.Option("--for", help="The hold lets go by itself after this: 90s, 30m, 1h30m, 7d.")]
UntilOption = Annotated[str | None, typer.Option(help="The hold lets go by itself then: 2026-11-24T14:30, here or +01:00.")]
AllHolds = Annotated[bool, typer.Option("--all-holds", help="Release every hold.")]
ToVersion = Annotated[str | None, typer.Option("--version", help="Version to go back to; default: the one before.")]
RateOption = Annotated[int | None, typer.Option(help="Slowly: at most so many records a second, over all workers …")]
UntilLagOption = Annotated[int, typer.Option(help="… until at most so many records lie before the job.")]
AcceptGap = Annotated[bool, typer.Option("--accept-gap", help="Take a loss in the inputs, and continue after it.")]


@app.command()
def deploy(
    file: Annotated[Path, typer.Argument(help="A .sql file; `-- @name: orders_big` names the job.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="Name of the job; default: @name, else the file's name.")] = None,
    hold: Annotated[list[str] | None, typer.Option(help="Deploy held under this name: its first start is paused.")] = None,
    start: Annotated[bool, typer.Option("--start", help="Start it too.")] = False,
    reason: Reason = None,
    wait: WaitOption = Wait.DONE,
    no_wait: NoWaitOption = False,
    timeout: TimeoutOption = 30.0,
    deadline: DeadlineOption = DEADLINE_S,
    yes_protected: YesProtectedOption = None,
    dry_run: DryRunOption = False,
    command_id: CommandId = None,
    expected_version: ExpectedVersion = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Deploy a job from a .sql file; it runs once it is started. Another text for a job that lives is rolled out to it."""
    from . import carry_out

    # The start has an id of its own that follows from the deploy's, so that the same line again is answered the same.
    id = f"{command_id}.start" if command_id else None
    how: dict[str, Any] = {"reason": reason, "wait": wait, "no_wait": no_wait, "timeout": timeout, "deadline": deadline}
    asked = Asked(**how, yes_protected=yes_protected, command_id=id, output=output)
    if start and dry_run:
        raise Usage("usage", "what a start comes to is known once the job is deployed", hint="--dry-run without --start")
    if asked.waits_for is Wait.CAUGHT_UP and not start:
        raise Usage("usage", "a job does not catch up by a deploy", hint="--start, or --wait done")
    try:
        sql = file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidCommand("no_such_file", f"{file}: {why}", hint="a text file with the job's SQL") from error
    job = name or _named(sql) or file.stem.lower()
    with connect() as admin:
        beside: dict[str, Any] = {
            "wait": asked.waits_for is not Wait.NO,
            "timeout": timeout,
            "command_id": command_id,
            "dry_run": dry_run,
            "expected_version": expected_version,
        }
        beside |= {"reason": reason, "deadline_s": deadline, "yes_protected": asked.yes_to(job)}
        result = admin.deploy_job(job, None, sql, holds=tuple(hold or ()), **beside)
        if dry_run:
            carry_out.tell_plan(result, output)
        elif not start or output is Output.TABLE:
            carry_out.tell(result, output)
        if start:
            carry_out.one_job(admin, job, Start(reason, deadline), asked)


def _named(sql: str) -> str | None:
    """The name in the text, if any. What else is wrong with it is for the deploy to say, and to record."""
    from slackwater.core.sql.annotations import read_annotations
    from slackwater.core.sql.errors import SqlError, Text

    try:
        return read_annotations(Text(sql)).values.get("name")
    except SqlError:
        return None


@moves_jobs
def rollback(asked: Asked, version: ToVersion = None) -> Rollback:
    """Deploy what was deployed before: the last version before this one, or the one that is named."""
    return Rollback(version, asked.reason, asked.deadline)


@moves_jobs
def start(asked: Asked, accept_gap: AcceptGap = False) -> Start:
    """Run deployed, stopped or failed jobs, from where they stand."""
    return Start(asked.reason, asked.deadline, accept_gap)


@moves_jobs
def pause(asked: Asked, hold: HoldOption = OPERATOR, for_: ForOption = None, until: UntilOption = None) -> Pause:
    """Hold jobs still: PAUSED means everything they took is committed, and they take nothing more."""
    return Pause(asked.reason, hold, asked.deadline, **_end_of(for_, until))


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no time") from None


def _end_of(for_: str | None, until: str | None) -> dict[str, Any]:
    """When a hold lets go by itself. Raises InvalidCommand for what is no time."""
    from slackwater.core.duration import HINT, duration_s

    try:
        # A time without a zone is the one on the clock of whoever types it.
        at = in_utc(_time(until)) if until else None
        return {"for_s": duration_s(for_) if for_ else None, "until": at}
    except (ValueError, OverflowError) as error:
        hint = HINT if for_ and not until else "like 2026-11-24T14:30 or 2026-11-24T14:30+01:00"
        raise InvalidCommand("bad_until", str(error), hint=hint) from None


@moves_jobs
def resume(
    asked: Asked,
    hold: HoldOption = OPERATOR,
    all_holds: AllHolds = False,
    accept_gap: AcceptGap = False,
    rate: RateOption = None,
    until_lag: UntilLagOption = UNTIL_LAG,
) -> Resume:
    """Let jobs go: they continue exactly at the cut."""
    return Resume(asked.reason, None if all_holds else hold, asked.deadline, accept_gap, rate, until_lag)


@moves_jobs
def stop(asked: Asked) -> Stop:
    """Give up the partitions and keep the cut; `start` continues there."""
    return Stop(asked.reason, asked.deadline)


@moves_jobs
def drain(asked: Asked) -> Drain:
    """Stop once nothing is open; the jobs there are keep nothing open beyond a batch, which `stop` finishes too."""
    return Drain(asked.reason, asked.deadline)


@moves_jobs
def kill(asked: Asked) -> Kill:
    """Stop without finishing: what is under way is aborted, and the next `start` takes it again."""
    return Kill(asked.reason, asked.deadline)


@app.command(name="sql")
def run_statement(
    statement: Annotated[str, typer.Argument(help="PAUSE JOB orders_big REASON 'why'", show_default=False)],
    wait: WaitOption = Wait.DONE,
    no_wait: NoWaitOption = False,
    timeout: TimeoutOption = 30.0,
    yes_protected: YesProtectedOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """A job verb as a statement: START, PAUSE, RESUME, STOP, DRAIN, KILL JOB name, SHOW JOBS, SHOW HISTORY OF JOB name."""
    from slackwater.core.sql.errors import SqlError
    from slackwater.core.sql.verbs import parse_verb

    from .carry_out import carry_out
    from .look import history, jobs

    try:
        said = parse_verb(statement)
    except SqlError as error:
        raise InvalidCommand(error.code, str(error)) from error
    if said is None:
        hint = "a job's own text is deployed from a file: slackwater deploy FILE"
        raise InvalidCommand("unsupported_statement", "that is no job verb", hint=hint)
    if said.verb == "jobs":
        return jobs(output=output)
    if said.verb == "history":
        return history(said.job or "", output=output)
    how: dict[str, Any] = {
        "wait": wait,
        "no_wait": no_wait,
        "timeout": timeout,
        "yes_protected": yes_protected,
        "output": output,
    }
    asked = Asked([said.job or ""], reason=said.reason, **how)
    hold = said.hold or OPERATOR
    builds: dict[str, Callable[[], Verb]] = {
        "start": lambda: start(asked),
        "pause": lambda: pause(asked, hold, said.lasts, said.until),
        "resume": lambda: resume(asked, hold, said.all_holds),
        "stop": lambda: stop(asked),
        "drain": lambda: drain(asked),
        "kill": lambda: kill(asked),
    }
    return carry_out(builds[said.verb], asked)
