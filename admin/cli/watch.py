"""watch: jobs as a living table for people, events as JSON lines for programs."""

import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from .app import Output, OutputOption, app, as_text, connect
from .asked import Jobs, SelectorOption

EVENTS_SHOWN: Final = 8
REFRESH_S: Final = 1.0


@app.command()
def watch(
    jobs: Jobs = None,
    selector: SelectorOption = None,
    since: Annotated[
        int | None, typer.Option(help="Events after this position (seq) of the log; default: those that come.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Jobs as they change, until Ctrl-C: a living table on a terminal, else a JSON line or YAML document for each event."""
    from .render import console

    with connect() as admin:
        for name in jobs or ():
            # Where objects were asked for, stderr has nothing else.
            if admin.store.job(name) is None and not output.is_for_programs:
                print(f"warning: there is no job {name} yet", file=sys.stderr)
        if output is Output.TABLE and console.is_terminal:
            show_table(admin, jobs or (), selector, since)
        else:
            _print_events(admin, jobs or (), selector, since, output)


def _print_events(admin: Any, names: Sequence[str], selector: str | None, since: int | None, output: Output) -> None:
    from slackwater.persistence.store import Unreadable

    from .cells import event_row
    from .render import plain

    for recorded in admin.watch(names, selector, since=since):
        begin = "---\n" if output is Output.YAML else ""
        if isinstance(recorded, Unreadable):
            print(f"event {recorded.seq} of {recorded.job_id} cannot be read: {recorded.why}", file=sys.stderr)
        print(f"{begin}{as_text(plain(event_row(recorded)), output)}", flush=True)


def show_table(admin: Any, names: Sequence[str], selector: str | None, since: int | None = None) -> None:
    """The jobs, drawn anew every second, and below them the latest events."""
    from rich.console import Group
    from rich.live import Live

    from ..event_view import is_ack
    from .cells import EVENT_COLUMNS, JOB_COLUMNS, event_cells, job_cells
    from .render import console, table_of

    chosen = admin.chosen(names, selector)
    seq = admin.store.head().seq if since is None else since
    latest: deque[Any] = deque(maxlen=EVENTS_SHOWN)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            for recorded in admin.events(seq, follow=False):
                seq = recorded.seq
                if chosen.fits(recorded) and not is_ack(recorded):
                    latest.append((recorded.job_id, *event_cells(recorded)))
            found = [status for status in admin.list_jobs(selector) if not names or status.name in names]
            below = [table_of(("JOB", *EVENT_COLUMNS), latest)] if latest else []
            live.update(Group(table_of(JOB_COLUMNS, map(job_cells, found)), "", *below), refresh=True)
            time.sleep(REFRESH_S)
