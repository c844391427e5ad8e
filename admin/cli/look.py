"""The verbs that look: jobs, show, history, audit, verify."""

import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ..errors import SlackwaterError
from .app import Output, OutputOption, app, connect
from .asked import SelectorOption

Job = Annotated[str, typer.Argument(help="Name of the job.", show_default=False)]


@app.command()
def jobs(
    selector: SelectorOption = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again every second, until Ctrl-C.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the jobs: state, since when, lag, who holds them and why."""
    with connect() as admin:
        while True:
            _list(admin, selector, output)
            if not watch:
                return
            time.sleep(1.0)


def _list(admin: Any, selector: str | None, output: Output) -> None:
    from .render import ago, busy, plain, show, until

    rows, cells = [], []
    with busy("asking Kafka …"):
        lags = _lags(admin, found := admin.list_jobs(selector))
    for status, lag in zip(found, lags, strict=True):
        first = status.holds[0] if status.holds else None
        rows.append({**plain(status), "lag": lag})
        why = first.reason if first else status.failure
        ends = until(status.resumes_at)
        cells.append((status.name, status.state, ago(status.since), lag, first.by if first else None, why, ends))
    show(rows, ("NAME", "STATE", "SINCE", "LAG", "PAUSED BY", "REASON", "RESUMES"), cells, output)


def _lags(admin: Any, found: Sequence[Any]) -> list[int | None]:
    """A broker that does not answer for one job is not waited for again for each of the others."""
    lags: list[int | None] = []
    for status in found:
        kafka = admin.kafka_state(status.name) if not lags or lags[-1] is not None else None
        lags.append(kafka.current_lag if kafka else None)
    return lags


@app.command()
def show(job: Job, output: OutputOption = Output.TABLE) -> None:
    """Everything about one job: state, labels, holds, pauses, offsets, lag, SQL."""
    from .render import ago, busy, console, cut_text, hold_text, one

    with connect() as admin, busy("asking log and Kafka …"):
        details = admin.get_job_details(job)
    if one(details, output):
        return
    status = details.status
    lines = [
        (
            "state",
            f"{status.state} for {ago(status.since)}, by {status.by}" + (f': "{status.reason}"' if status.reason else ""),
        ),
        ("version", f"{status.spec_version} (event {status.version}, epoch {status.epoch})"),
        ("reads", ", ".join(details.inputs)),
        ("writes", ", ".join(details.outputs)),
        ("cut", cut_text(status.cut)),
        ("lag", "unknown: no broker configured or reachable" if details.kafka_lag is None else str(details.kafka_lag)),
        ("holds", ", ".join(hold_text(hold) for hold in status.holds) or "none"),
        ("pauses", f"{details.metrics.pauses}, {details.metrics.paused_s:.1f} s in all"),
    ]
    if status.labels:
        lines.insert(2, ("labels", ", ".join(f"{key}={value}" for key, value in status.labels.items())))
    if status.failure:
        lines.insert(1, ("failure", status.failure))
    for label, text in lines:
        console.print(f"{label:>8}  {text}", markup=False, highlight=False)
    console.print(f"\n{details.sql.strip()}", markup=False, highlight=False)


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
    from slackwater.core.codec import event_data
    from slackwater.core.events import WorkerAcked, name_of

    from .render import show

    rows, cells = [], []
    for recorded in admin.history(job, since):
        if isinstance(recorded.event, WorkerAcked) and not acks:
            continue
        data = event_data(recorded.event)
        rows.append(
            {
                "name": job,
                "version": recorded.version,
                "seq": recorded.seq,
                "at": recorded.at,
                "event": name_of(recorded.event),
                "actor": recorded.actor,
                "channel": recorded.channel,
                "command_id": recorded.command_id,
                "epoch": recorded.epoch,
                "data": data,
            }
        )
        cells.append(
            (recorded.version, f"{recorded.at:%H:%M:%S.%f}"[:-3], name_of(recorded.event), recorded.actor, _detail(data))
        )
    show(rows, ("#", "TIME", "EVENT", "BY", "DETAIL"), cells, output)


def _detail(data: dict[str, Any]) -> str:
    from slackwater.core.cut import PartitionOffset

    from .render import cut_text

    parts = [f'"{data["reason"]}"'] if data.get("reason") else []
    if data.get("message"):
        parts.append(f"{data['code']}: {data['message']}")
    if data.get("hold", "operator") != "operator":
        parts.append(f"hold {data['hold']}")
    if data.get("until"):
        parts.append(f"until {data['until'][:19].replace('T', ' ')} UTC")
    if data.get("cut"):
        parts.append(cut_text(tuple(PartitionOffset(*place) for place in data["cut"])))
    if data.get("worker"):
        parts.append(f"{data['worker']} is {data['stance']}")
    return ", ".join(parts)


@app.command()
def audit(
    sql: Annotated[
        str, typer.Argument(help="One SELECT over events, job_history, pauses, holds, refusals.", show_default=False)
    ],
    output: OutputOption = Output.TABLE,
) -> None:
    """Ask the log by SQL: who paused what, when, why, for how long, at which offsets."""
    from .render import busy, show

    with connect() as admin, busy("asking the log …"):
        table = admin.audit(sql)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    # Rows of a question have no name: with -o name, what it asked for first.
    show(rows, [column.upper() for column in table.columns], table.rows, output, name=table.columns[0])


@app.command()
def verify(output: OutputOption = Output.TABLE) -> None:
    """Check the hash chain, and that every job is what its events say."""
    from rich.progress import Progress

    from .render import messages, one, plain

    off = not messages.is_terminal
    with connect() as admin, Progress(console=messages, transient=True, disable=off) as bar:
        task = bar.add_task("verifying")
        verdict = admin.verify(lambda done, total: bar.update(task, completed=done, total=total))
    if not one({"name": "log", **plain(verdict)}, output):
        for problem in verdict.problems:
            typer.echo(f"✘ {problem}")
        if verdict.ok:
            typer.echo(f"✔ {verdict.events} events, hash chain intact, replay equals projection")
    if not verdict.ok:
        print("the log is not what it was", file=sys.stderr)
        raise SlackwaterError(
            "log_damaged", f"{len(verdict.problems)} problems found", hint="restore from a backup, then verify"
        )
