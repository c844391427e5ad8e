"""The verbs that look after the house itself: doctor, db upgrade."""

from typing import Annotated

import typer

from ..errors import SlackwaterError
from .app import Output, OutputOption, Verbs, app, shared

db = typer.Typer(cls=Verbs, help="The event log's schema.", no_args_is_help=True)
app.add_typer(db, name="db")


@db.command()
def upgrade(
    log: Annotated[str | None, typer.Argument(help="Event log; default: SLACKWATER_LOG.", show_default=False)] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Create the event log, or bring its schema up to this version. Doing it twice is fine."""
    from slackwater.persistence.open import open_store
    from slackwater.persistence.tables import SCHEMA_HEAD

    from ..desk import translated
    from ..settings import load_settings
    from .render import busy, one

    url = load_settings(log or shared.log, shared.kafka).need_log()
    with translated(), busy("making the event log …"):
        store = open_store(url, create=True)
        events = store.head().seq
        store.close()
    if not one({"name": "log", "schema": SCHEMA_HEAD, "events": events}, output):
        typer.echo(f"the event log is up to date: schema {SCHEMA_HEAD}, {events} events")


@app.command()
def doctor(output: OutputOption = Output.TABLE) -> None:
    """Check everything a job needs: settings, log, broker, topics, extras. Exit 1 if something is wrong."""
    from ..doctor import examine
    from .render import busy, plain, show

    with busy("looking at log and broker …"):
        findings = examine(shared.log, shared.kafka)
    cells = [("✔" if finding.ok else "✘", finding.name, finding.message, finding.hint) for finding in findings]
    show([plain(finding) for finding in findings], ("", "CHECK", "FOUND", "WHAT TO DO"), cells, output)
    wrong = [finding.name for finding in findings if not finding.ok and finding.needed]
    if wrong:
        raise SlackwaterError("unwell", f"not well: {', '.join(wrong)}")
