"""export: the event log as a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import Usage
from .app import Output, OutputOption, app, connect


@app.command()
def export(
    to: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    format: Annotated[Literal["jsonl", "parquet"], typer.Option(help="jsonl: an object a line; parquet.")] = "jsonl",
    from_seq: Annotated[int | None, typer.Option(help="From this event on …", show_default=False)] = None,
    from_time: Annotated[str | None, typer.Option(help="… or from this time on: 2026-11-24T03:00, here or +01:00.")] = None,
    to_seq: Annotated[int | None, typer.Option(help="Up to this event …", show_default=False)] = None,
    to_time: Annotated[str | None, typer.Option(help="… or up to this time.")] = None,
    job: Annotated[str | None, typer.Option(help="Only the events of this job.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take the place of a file that is there.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Write events of the log to a file, with their hashes: completely, or not at all."""
    from ..as_of import time_of
    from .render import busy, one

    if None not in {from_seq, from_time} or None not in {to_seq, to_time}:
        raise Usage("usage", "from or to which event?", hint="an event or a time, not both")
    first = time_of(from_time) if from_time else 1 if from_seq is None else from_seq
    last = time_of(to_time) if to_time else to_seq
    with connect() as admin, busy(f"writing {to} …"):
        found = admin.export(to, format, first=first, last=last, job=job, force=force)
    if not one(found, output):
        which = f", {found.first_seq} to {found.last_seq}" if found.events else ""
        typer.echo(f"{found.name}: {found.events} events{which}")
        if found.hash:
            typer.echo(f"the hash of the last is {found.hash}")
