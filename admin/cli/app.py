"""The command's root: options every verb shares, and the one place where an error becomes a line and an exit code."""

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from .. import errors


class Output(StrEnum):
    """How results are written to stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    NAME = "name"


@dataclass(slots=True)
class Shared:
    """What the root options said."""

    log: str | None = None
    kafka: str | None = None
    actor: str | None = None


shared = Shared()
app = typer.Typer(
    name="slackwater",
    help="Streaming SQL jobs on Kafka that an operator can hold still and let go, with proof.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="Format of stdout.")]


def _version(wanted: bool) -> None:
    if wanted:
        from slackwater import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    log: Annotated[str | None, typer.Option(help="Event log: sqlite:///path or postgresql://… (SLACKWATER_LOG).")] = None,
    kafka: Annotated[str | None, typer.Option(help="Kafka bootstrap servers, host:port (SLACKWATER_KAFKA).")] = None,
    actor: Annotated[str | None, typer.Option(help="Who asks, for the record; default: the OS user.")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit.")] = False,
) -> None:
    """Options that every verb shares come before the verb."""
    shared.log, shared.kafka, shared.actor = log, kafka, actor


def connect() -> Any:
    """The Admin that the root options describe."""
    from ..api import Admin

    return Admin.connect(shared.log, shared.kafka, actor=shared.actor, channel="cli")


def main() -> None:
    """Run the command line; never shows a traceback for what a user can mend."""
    from . import control, house, look, upkeep  # noqa: F401 - each adds its verbs to `app`

    try:
        app()
    except errors.SlackwaterError as error:
        sys.exit(report(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


def report(error: errors.SlackwaterError) -> int:
    """One clear line and what to do, on stderr; as JSON if JSON was asked for. Returns the exit code."""
    if any(word in {"json", "jsonl", "--output=json", "--output=jsonl"} for word in sys.argv):
        print(json.dumps(error.as_json()), file=sys.stderr)
        return error.exit_code
    lead = "refused" if isinstance(error, errors.Refused) else "error"
    print(f"{lead}: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  hint: {error.hint}", file=sys.stderr)
    if isinstance(error, errors.Timeout):
        print(f"  command {error.command_id} stands; asking again is safe", file=sys.stderr)
    return error.exit_code
