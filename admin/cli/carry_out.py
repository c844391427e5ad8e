"""Carrying out a verb for the jobs that were named or chosen: the plan first where several are moved, one answer each."""

import re
import sys
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.prompt import Confirm

from slackwater.core.commands import Verb
from slackwater.core.cut import cut_text
from slackwater.core.duration import duration_text
from slackwater.core.states import JobState

from .. import errors
from ..api import Admin
from ..bulk import Answer, chosen_names, is_left_out, row_of
from ..desk import CommandResult
from .app import Output, connect, report
from .asked import Asked, Wait
from .render import busy, clock, messages, one, show, table_of

_MADE_UP = re.compile("[0-9a-f]{32}")
COLUMNS = ("NAME", "STATE", "BECOMES", "")


def carry_out(build: Callable[[], Verb], asked: Asked) -> None:
    """Exit code of several jobs: the highest of theirs. Raises SlackwaterError.

    A verb that cannot even be built is refused for each job it was meant for: the log remembers that it was tried.
    """
    with connect() as admin:
        turn_away = None if asked.dry_run else admin.turn_away
        names = chosen_names(admin, asked.jobs or (), asked.selector, every=asked.every, turn_away=turn_away)
        verb = _built(admin, names, build, asked)
        if asked.waits_for is Wait.CAUGHT_UP and verb.name not in {"start", "resume"}:
            raise errors.Usage("usage", f"a job does not catch up by a {verb.name}", hint="--wait done")
        if asked.selector is None and not asked.every and len(names) == 1:
            one_job(admin, names[0], verb, asked)
        else:
            _many(admin, names, verb, asked)


def _built(admin: Admin, names: Sequence[str], build: Callable[[], Verb], asked: Asked) -> Verb:
    try:
        return build()
    except errors.InvalidCommand as error:
        if asked.dry_run or not names:
            raise
        tried = [admin.turn_away(name, error.code, error.message, error.hint) for name in names]
        raise tried[0] from None


def one_job(admin: Admin, name: str, verb: Verb, asked: Asked) -> None:
    """Carry out a verb for one job. Raises SlackwaterError."""
    if asked.dry_run:
        tell_plan(admin.ask(name, verb, dry_run=True, **_beside(asked, name)), asked.output)
        return
    result = _ask(admin, name, verb, asked)
    tell(result, asked.output)
    if result.changed and result.state is JobState.PAUSED and asked.output is Output.TABLE and admin.kafka is not None:
        _tell_horizon(admin, name)
    if asked.waits_for is Wait.CAUGHT_UP:
        catch_up(admin, name, asked.timeout)


def _ask(admin: Admin, name: str, verb: Verb, asked: Asked) -> CommandResult:
    with busy(f"waiting for {name} …"):
        return admin.ask(
            name,
            verb,
            wait=asked.waits_for is not Wait.NO,
            timeout=asked.timeout,
            command_id=asked.command_id,
            **_beside(asked, name),
            on_accepted=lambda result: _accepted(result, asked),
        )


def _beside(asked: Asked, name: str) -> dict[str, Any]:
    return {"expected_version": asked.expected_version, "yes_protected": asked.yes_to(name)}


def _many(admin: Admin, names: Sequence[str], verb: Verb, asked: Asked) -> None:
    if asked.expected_version is not None:
        raise errors.Usage("usage", "each job has a version of its own", hint="--expected-version with one JOB")
    batch_id = asked.command_id or uuid.uuid4().hex
    plan = admin.ask_each(names, verb, batch_id=batch_id, dry_run=True, yes_protected=asked.yes_protected or ())
    if asked.dry_run:
        show([row_of(answer) for answer in plan], COLUMNS, (_plan_of(one, asked) for one in plan), asked.output)
        raise typer.Exit(_worst(plan, asked))
    if not asked.yes:
        _confirm(verb, plan, asked)
    with busy(f"waiting for {len(names)} jobs …"):
        answers = admin.ask_each(
            names,
            verb,
            batch_id=batch_id,
            wait=asked.waits_for is not Wait.NO,
            timeout=asked.timeout,
            yes_protected=asked.yes_protected or (),
            on_accepted=lambda result: _accepted(result, asked),
        )
    _tell_each(answers, asked)
    if asked.output is Output.TABLE:
        messages.print(f"batch {batch_id}", highlight=False)
    codes = [_worst(answers, asked)]
    for answer in answers:
        if asked.waits_for is Wait.CAUGHT_UP and answer.result is not None:
            try:
                catch_up(admin, answer.job, asked.timeout)
            except errors.SlackwaterError as error:
                codes.append(report(error))
    raise typer.Exit(max(codes))


def _confirm(verb: Verb, plan: Sequence[Answer], asked: Asked) -> None:
    """Asks who sits at a terminal. Raises Usage where nobody does, and SlackwaterError for a no."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise errors.Usage("usage", f"{verb.name} of several jobs needs --yes where nobody can be asked")
    messages.print(table_of(COLUMNS, (_plan_of(one, asked) for one in plan)))
    # Not typer's: that writes a space to stdout.
    if not Confirm.ask(f"{verb.name} these?", console=messages, default=False):
        raise errors.SlackwaterError("declined", "nothing was done")


def _leaves_out(asked: Asked, answer: Answer) -> bool:
    """Nothing runs there, and nobody named it."""
    return not asked.jobs and is_left_out(answer)


def _left_out(answer: Answer) -> str:
    assert answer.error is not None
    return f"{answer.error.state}: left out, nothing runs there; it has no hold, a start would run it"


def _plan_of(answer: Answer, asked: Asked) -> tuple[str, str, str, str]:
    if answer.error is not None:
        why = _left_out(answer) if _leaves_out(asked, answer) else answer.error.message
        return answer.job, str(answer.error.state or ""), "", why
    assert answer.result is not None
    state, becomes = str(answer.result.before), str(answer.result.accepted_state)
    return answer.job, state, becomes, "" if answer.result.changed else _already(answer.result)


def _worst(answers: Sequence[Answer], asked: Asked) -> int:
    """A job at rest that nobody named is no failure of a pause or resume: what is to be held still is."""
    failed = (one.error for one in answers if one.error is not None and not _leaves_out(asked, one))
    return max((error.exit_code for error in failed), default=0)


def _tell_each(answers: Sequence[Answer], asked: Asked) -> None:
    if asked.output.is_for_programs:
        show([row_of(answer) for answer in answers], (), (), asked.output)
        return
    for answer in answers:
        if answer.result is not None:
            tell(answer.result, asked.output)
        elif _leaves_out(asked, answer):
            print(f"{answer.job}  {_left_out(answer)}", file=sys.stderr)
        elif answer.error is not None:
            hint = f" ({answer.error.hint})" if answer.error.hint else ""
            print(f"{answer.job}  {answer.error.message}{hint}", file=sys.stderr)


def _accepted(result: CommandResult, asked: Asked) -> None:
    if asked.output is Output.TABLE and result.changed and asked.waits_for is not Wait.NO:
        text = f"{result.job}  {_way(result, result.accepted_state)}  accepted  #{result.seq}"
        messages.print(f"{text}  cmd {_short(result.command_id)}", markup=False)


def tell(result: CommandResult, output: Output) -> None:
    """What a command came to, on stdout."""
    if one(result, output):
        return
    if not result.changed:
        typer.echo(f"{result.job}  {_already(result)}")
        return
    proof = f"  in flight 0, {cut_text(result.cut)}" if result.state in {"PAUSED", "STOPPED"} else ""
    typer.echo(f"{result.job}  {_way(result, result.state)}  {result.took_s:.2f} s{proof}")
    if result.resumes_at is not None and result.state in {JobState.PAUSING, JobState.PAUSED}:
        typer.echo(f"{'':{len(result.job)}}  lets itself go at {clock(result.resumes_at)}")


def _tell_horizon(admin: Admin, name: str) -> None:
    """How long what is not read yet lasts, where Kafka can say."""
    safe_s = admin.get_job_details(name).loss_horizon_s
    if safe_s is not None:
        typer.echo(f"{'':{len(name)}}  unread records are safe for {duration_text(safe_s)} (retention)")


def tell_plan(result: CommandResult, output: Output) -> None:
    """What would come of a command, on stdout."""
    if not one(result, output):
        to = f"  to version {result.spec_version}" if result.verb in {"deploy", "rollback"} else ""
        typer.echo(f"{result.job}  {_way(result, result.state) if result.changed else _already(result)}{to}")


def _way(result: CommandResult, state: JobState | None) -> str:
    """From where to where. A command that was asked before has no place it came from now, and a new job none at all."""
    if result.duplicate:
        return f"asked already, {state}"
    return f"{result.before or 'new'} → {state}"


def _short(command_id: str) -> str:
    """Of an id that nobody chose the beginning says enough."""
    return command_id[:8] if _MADE_UP.fullmatch(command_id) else command_id


def _already(result: CommandResult) -> str:
    since = f" since {clock(result.since)}" if result.since else ""
    why = f': "{result.reason}"' if result.reason else ""
    return f"already {result.state}{since} by {result.by}{why}"


def catch_up(admin: Admin, job: str, timeout: float, console: Console = messages) -> None:
    """Wait until the job has taken what lay before it, with a progress bar. Raises as `Admin.catch_up`."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("  catching up"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        admin.catch_up(job, timeout=timeout, on_progress=lambda taken, of: bar.update(task, completed=taken, total=of))
