"""The verbs that look: jobs, show, history, state-as-of, audit, verify."""

import sys
from typing import Annotated, Any

import typer

from ..errors import SlackwaterError, Usage
from .app import Output, OutputOption, app, connect
from .asked import Jobs, SelectorOption

Job = Annotated[str, typer.Argument(help="Name of the job.", show_default=False)]


@app.command()
def jobs(
    selector: SelectorOption = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="On a terminal, until Ctrl-C: as `watch`.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the jobs: state, since when, lag and rate, who holds them and why."""
    from .cells import JOB_COLUMNS, job_cells
    from .render import console, plain, show
    from .watch import show_table

    with connect() as admin:
        if watch and output is Output.TABLE and console.is_terminal:
            show_table(admin, (), selector)
        found = admin.list_jobs(selector)
    show([plain(status) for status in found], JOB_COLUMNS, map(job_cells, found), output)


@app.command()
def show(job: Job, output: OutputOption = Output.TABLE) -> None:
    """Everything about one job: state, labels, holds, pauses, offsets, lag, SQL."""
    from .cells import details_lines
    from .render import busy, console, one

    with connect() as admin, busy("asking log and Kafka …"):
        details = admin.get_job_details(job)
    if one(details, output):
        return
    for label, text in details_lines(details):
        console.print(f"{label:>9}  {text}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{details.sql.strip()}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def history(
    job: Job,
    since: Annotated[int, typer.Option(help="Only events after this version.")] = 0,
    acks: Annotated[bool, typer.Option("--acks", help="Show the workers' acks too.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """What happened to a job: every event, who caused it, when and why."""
    with connect() as admin:
        write_history(admin, job, output, since=since, acks=acks)


def write_history(admin: Any, job: str, output: Output, *, since: int = 0, acks: bool = False) -> None:
    """The job's events as a table or JSON."""
    from ..event_view import is_ack
    from .cells import EVENT_COLUMNS, event_cells, event_row
    from .render import show

    found = [one for one in admin.history(job, since) if acks or not is_ack(one)]
    show([event_row(one) for one in found], EVENT_COLUMNS, map(event_cells, found), output)


@app.command()
def state_as_of(
    jobs: Jobs = None,
    time: Annotated[
        str | None, typer.Option(help="The last event at or before it: 2026-11-24T03:00, here or +01:00.")
    ] = None,
    seq: Annotated[int | None, typer.Option(help="The event of this number; 0: before the first.")] = None,
    selector: SelectorOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """The jobs as they were at a moment, folded from the log: state, since when, by whom, why, holds, cut."""
    from ..as_of import time_of
    from .cells import PAST_COLUMNS, past_cells
    from .render import busy, console, one, plain, show

    if (time is None) == (seq is None):
        raise Usage("usage", "as of which moment?", hint="one of --time 2026-11-24T03:00 and --seq 4711")
    with connect() as admin, busy("folding the log …"):
        found = admin.state_as_of(seq if time is None else time_of(time), jobs or (), selector)
    if output is Output.NAME:
        show([plain(job) for job in found.jobs], (), (), output)
    elif not one(found, output):
        when = f", recorded {found.at:%Y-%m-%d %H:%M:%S} UTC" if found.at else ""
        console.print(f"as of event {found.seq}{when}", markup=False, highlight=False, soft_wrap=True)
        show((), PAST_COLUMNS, map(past_cells, found.jobs), output)
        for why in found.unreadable.values():
            print(f"left out: {why}", file=sys.stderr)


@app.command()
def audit(
    sql: Annotated[
        str, typer.Argument(help="One SELECT over events, job_history, pauses, holds, refusals.", show_default=False)
    ],
    param: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE: what `:NAME` stands for, as text; several times.", show_default=False),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Ask the log by SQL: who paused what, when, why, for how long, at which offsets."""
    from .render import busy, objects_of, show

    parameters = dict(map(_param, param or ()))
    with connect() as admin, busy("asking the log …"):
        table = admin.audit(sql, parameters)
    # Rows of a question have no name: with -o name, what it asked for first.
    rows = objects_of(table) if output.is_for_programs else [{"name": row[0]} for row in table.rows]
    show(rows, [column.upper() for column in table.columns], table.rows, output)


def _param(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals or not name.isidentifier():
        raise Usage("usage", f"{said[:100]!r} is no parameter", hint="--param name=value, and :name in the query")
    return name, value


@app.command()
def verify(output: OutputOption = Output.TABLE) -> None:
    """Check the hash chain, and that every job is what its events say."""
    from rich.progress import Progress

    from slackwater.persistence.verify import NEWER

    from .render import messages, one, plain

    off = not messages.is_terminal
    with connect() as admin, Progress(console=messages, transient=True, disable=off) as bar:
        task = bar.add_task("verifying")
        verdict = admin.verify(lambda done, total: bar.update(task, completed=done, total=total))
    if not one({"name": "log", **plain(verdict)}, output):
        if not verdict.ok:
            typer.echo(f"the chain is proven up to event {verdict.proven} of {verdict.events}")
        for problem in verdict.problems:
            typer.echo(f"✘ {problem}")
        if verdict.ok:
            typer.echo(f"✔ {verdict.events} events, hash chain intact, replay equals projection")
    if verdict.code == NEWER:
        raise SlackwaterError(NEWER, "the chain is proven, but not all of it can be read", hint="upgrade Slackwater here")
    if verdict.code is not None:
        print("the log is not what it was", file=sys.stderr)
        count = len(verdict.problems)
        said = "1 problem found" if count == 1 else f"{count} problems found"
        raise SlackwaterError(verdict.code, said, hint="restore from a backup, then verify")
