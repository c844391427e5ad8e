"""The verbs that move a job: deploy, start, pause, resume, stop."""

import time
from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InvalidCommand, NotFound, Timeout
from .app import Output, OutputOption, app, connect

Job = Annotated[str, typer.Argument(help="Name of the job.", show_default=False)]
Reason = Annotated[str | None, typer.Option("--reason", "-r", help="Why; kept in the log for ever.")]
TimeoutOption = Annotated[float, typer.Option(help="Seconds to wait for proof (exit 6 after that).")]
CommandId = Annotated[str | None, typer.Option(help="Idempotency key: the same id is answered with the first result.")]
HoldOption = Annotated[str, typer.Option(help="Name of the hold.")]
ForOption = Annotated[str | None, typer.Option("--for", help="The hold lets go by itself after this: 90s, 30m, 1h30m, 7d.")]
UntilOption = Annotated[str | None, typer.Option(help="The hold lets go by itself then: 2026-11-24T14:30, here or +01:00.")]


DeadlineOption = Annotated[int, typer.Option("--deadline", help="Seconds until an unproved transition is given up.")]
AcceptGap = Annotated[bool, typer.Option("--accept-gap", help="Take a loss in the inputs, and continue after it.")]


class Wait(StrEnum):
    """What to wait for."""

    NO = "no"
    DONE = "done"
    CAUGHT_UP = "caught-up"


WaitOption = Annotated[Wait, typer.Option(help="Wait for nothing, for the proof, or (resume) until it has caught up.")]


@app.command()
def deploy(
    file: Annotated[Path, typer.Argument(help="A .sql file; `-- @name: orders_big` names the job.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="Name of the job; default: @name, else the file's name.")] = None,
    hold: Annotated[list[str] | None, typer.Option(help="Deploy held under this name: its first start is paused.")] = None,
    start: Annotated[bool, typer.Option("--start", help="Start it too.")] = False,
    reason: Reason = None,
    timeout: TimeoutOption = 30.0,
    command_id: CommandId = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Deploy a job from a .sql file; nothing runs until it is started. The same file again changes nothing."""
    from slackwater.core.sql.errors import SqlError
    from slackwater.core.sql.parse import parse_job

    try:
        sql = file.read_text("utf-8")
        named = parse_job(sql, output_topic="-").name
    except SqlError as error:
        raise InvalidCommand(error.code, f"{file}: {error}") from error
    except (OSError, UnicodeError) as error:
        raise InvalidCommand("no_such_file", f"{file}: {error}") from error
    job = name or named or file.stem.lower()
    with connect() as admin:
        result = admin.deploy_job(job, None, sql, holds=tuple(hold or ()), reason=reason, command_id=command_id)
        if start:
            _tell(result, Output.TABLE if output is Output.TABLE else Output.NAME, quiet=output is not Output.TABLE)
            result = _do(admin, "start_job", job, output, timeout=timeout, reason=reason)
        _tell(result, output)


@app.command()
def start(
    job: Job,
    reason: Reason = None,
    wait: WaitOption = Wait.DONE,
    timeout: TimeoutOption = 30.0,
    deadline: DeadlineOption = 60,
    accept_gap: AcceptGap = False,
    command_id: CommandId = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Run a deployed, stopped or failed job, from where it stands."""
    how: dict[str, Any] = {"deadline_s": deadline, "accept_gap": accept_gap}
    _verb("start_job", job, wait, output, timeout=timeout, reason=reason, command_id=command_id, **how)


@app.command()
def pause(
    job: Job,
    reason: Reason = None,
    hold: HoldOption = "operator",
    for_: ForOption = None,
    until: UntilOption = None,
    wait: WaitOption = Wait.DONE,
    timeout: TimeoutOption = 30.0,
    deadline: DeadlineOption = 60,
    command_id: CommandId = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Hold a job still: PAUSED means everything it took is committed, and it takes nothing more."""
    how: dict[str, Any] = {"hold": hold, "deadline_s": deadline, **_end_of(for_, until)}
    _verb("pause_job", job, wait, output, timeout=timeout, reason=reason, command_id=command_id, **how)


def _end_of(for_: str | None, until: str | None) -> dict[str, Any]:
    """When a hold lets go by itself. Raises InvalidCommand for what is no time."""
    from slackwater.core.duration import HINT, duration_s

    try:
        # A time without a zone is the one on the clock of whoever types it.
        at = datetime.fromisoformat(until).astimezone() if until else None
        return {"for_s": duration_s(for_) if for_ else None, "until": at}
    except (ValueError, OverflowError) as error:
        hint = HINT if for_ and not until else "like 2026-11-24T14:30 or 2026-11-24T14:30+01:00"
        raise InvalidCommand("bad_until", str(error), hint=hint) from None


@app.command()
def resume(
    job: Job,
    reason: Reason = None,
    hold: HoldOption = "operator",
    all_holds: Annotated[bool, typer.Option("--all", help="Release every hold.")] = False,
    wait: WaitOption = Wait.DONE,
    timeout: TimeoutOption = 30.0,
    deadline: DeadlineOption = 60,
    accept_gap: AcceptGap = False,
    command_id: CommandId = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Let a job go: it continues exactly at the cut."""
    how: dict[str, Any] = {"hold": hold, "all_holds": all_holds, "deadline_s": deadline, "accept_gap": accept_gap}
    _verb("resume_job", job, wait, output, timeout=timeout, reason=reason, command_id=command_id, **how)


@app.command()
def stop(
    job: Job,
    reason: Reason = None,
    wait: WaitOption = Wait.DONE,
    timeout: TimeoutOption = 30.0,
    deadline: DeadlineOption = 60,
    command_id: CommandId = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Give up the partitions and keep the cut; `start` continues there."""
    _verb("stop_job", job, wait, output, timeout=timeout, reason=reason, command_id=command_id, deadline_s=deadline)


@app.command(name="sql")
def run_statement(
    statement: Annotated[str, typer.Argument(help="PAUSE JOB orders_big REASON 'why'", show_default=False)],
    wait: WaitOption = Wait.DONE,
    timeout: TimeoutOption = 30.0,
    output: OutputOption = Output.TABLE,
) -> None:
    """A job verb as a statement: START, PAUSE, RESUME, STOP JOB name, SHOW JOBS, SHOW HISTORY OF JOB name."""
    from slackwater.core.sql.errors import SqlError
    from slackwater.core.sql.verbs import parse_verb

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
    how: dict[str, Any] = {"reason": said.reason, "timeout": timeout}
    how |= {"hold": said.hold} if said.hold else {}
    how |= {"all_holds": True} if said.all_holds else {}
    how |= _end_of(said.lasts, said.until) if said.verb == "pause" else {}
    return _verb(f"{said.verb}_job", said.job or "", wait, output, **how)


def _verb(method: str, job: str, wait: Wait, output: Output, **how: Any) -> None:
    with connect() as admin:
        result = _do(admin, method, job, output, wait=wait is not Wait.NO, **how)
        _tell(result, output)
        if wait is Wait.CAUGHT_UP:
            catch_up(admin, job, how["timeout"])


def _do(admin: Any, method: str, job: str, output: Output, **how: Any) -> Any:
    from .render import messages

    def accepted(result: Any) -> None:
        if output is Output.TABLE and result.changed and how.get("wait", True):
            messages.print(
                f"{job}  {result.before} → {result.accepted_state}  accepted  #{result.seq}  cmd {result.command_id[:8]}"
            )

    waiting = messages.status(f"waiting for {job} …") if messages.is_terminal else nullcontext()
    with waiting:
        return getattr(admin, method)(job, on_accepted=accepted, **how)


def _tell(result: Any, output: Output, *, quiet: bool = False) -> None:
    from .render import cut_text, one

    if quiet or one(result, output):
        return
    if not result.changed:
        since = f" since {result.since:%H:%M:%S}" if result.since else ""
        why = f': "{result.reason}"' if result.reason else ""
        typer.echo(f"{result.name}  already {result.state}{since} by {result.by}{why}")
        return
    proof = f"  in flight 0, {cut_text(result.cut)}" if result.state in {"PAUSED", "STOPPED"} else ""
    typer.echo(f"{result.name}  {result.before} → {result.state}  {result.took_s:.2f} s{proof}")
    if result.resumes_at is not None:
        typer.echo(f"{'':{len(result.name)}}  lets itself go at {result.resumes_at.astimezone():%Y-%m-%d %H:%M:%S}")


def catch_up(admin: Any, job: str, timeout: float) -> None:
    """Wait until the job has taken what lay before it, with a progress bar. Raises Timeout, NotFound."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from .render import messages

    first = admin.kafka_state(job)
    if first is None:
        raise NotFound("no_broker", "catching up is seen on Kafka; no broker is configured", hint="set SLACKWATER_KAFKA")
    deadline = time.monotonic() + max(timeout, 1.0)
    columns = (TextColumn("catching up"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages) as progress:
        task = progress.add_task("", total=first.current_lag)
        lag = first.current_lag
        while lag > max(first.current_lag // 100, 50) or lag == first.current_lag > 0:
            if time.monotonic() > deadline:
                raise Timeout("not_caught_up", f"{job} is {lag} records behind after {timeout:g} s", job=job)
            time.sleep(0.2)
            state = admin.kafka_state(job)
            lag = lag if state is None else state.current_lag
            progress.update(task, completed=max(first.current_lag - lag, 0))
        progress.update(task, completed=first.current_lag)
