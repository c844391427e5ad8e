"""The command's root: options every verb shares, and the one place where an error becomes a line and an exit code."""

import json
import logging
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command_name, get_group
from typer.models import CommandInfo

from .. import errors
from .verbs import MODULE_OF


class Output(StrEnum):
    """How results are written to stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"
    NAME = "name"

    @property
    def is_for_programs(self) -> bool:
        """Fields, and errors as objects too."""
        return self in {Output.JSON, Output.JSONL, Output.YAML}


@dataclass(slots=True)
class Shared:
    """What the root options said, and `--output` of the verb."""

    log: str | None = None
    kafka: str | None = None
    actor: str | None = None
    output: Output = Output.TABLE
    has_log: bool = False
    """A log is written to stderr, as by a worker: what is said on the way goes there."""


shared = Shared()


class Verbs(TyperGroup):
    """Verbs whose `--output` is known before anything can be wrong with the rest of the line."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """See Click. The line is first read as far as it can be understood; what is no verb is read as any of them."""
        if not ctx.resilient_parsing:
            verb = self.get_command(ctx, args[0]) or next(iter(self.commands.values()))
            hoped = verb.make_context(args[0], args[1:], ctx, resilient_parsing=True, ignore_unknown_options=True)
            shared.output = hoped.params.get("output") or Output.TABLE
        return super().resolve_command(ctx, args)


class Root(Verbs):
    """All verbs there are. Of their modules only that of the verb that was said is imported, all others for help alone."""

    def list_commands(self, ctx: Any) -> list[str]:
        """See Click."""
        return list(MODULE_OF)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """See Click. For what is no verb all are made ready, so that the nearest can be named."""
        for verb in (cmd_name,) if cmd_name in MODULE_OF else MODULE_OF:
            if verb not in self.commands:
                self.commands[verb] = _made(verb)
        return self.commands.get(cmd_name)


def _made(verb: str) -> Any:
    """The verb as its module adds it to `app`, and none of that module's others."""
    import_module(f"{__package__}.{MODULE_OF[verb]}")
    alone = typer.Typer()
    alone.registered_commands = [one for one in app.registered_commands if _name_of(one) == verb]
    alone.registered_groups = [one for one in app.registered_groups if one.name == verb]
    return get_group(alone).commands[verb]


def _name_of(command: CommandInfo) -> str:
    return command.name or get_command_name(command.callback.__name__) if command.callback else ""


app = typer.Typer(
    name="slackwater",
    cls=Root,
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
    ctx: typer.Context,
    log: Annotated[str | None, typer.Option(help="Event log: sqlite:///path or postgresql://… (SLACKWATER_LOG).")] = None,
    kafka: Annotated[str | None, typer.Option(help="Kafka bootstrap servers, host:port (SLACKWATER_KAFKA).")] = None,
    actor: Annotated[str | None, typer.Option(help="Who asks, for the record; default: the OS user.")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit.")] = False,
) -> None:
    """Options that every verb shares come before the verb."""
    shared.log, shared.kafka, shared.actor = log, kafka, actor
    if ctx.invoked_subcommand != "worker":  # it says so in its log
        warn_of_names()


def warn_of_names() -> None:
    """What looks like a setting in the environment, and is none."""
    from ..misspelt import misspelt

    for line in misspelt(os.environ):
        warn(line)


def warn(line: str) -> None:
    """On stderr; where objects were asked for, it has nothing else."""
    if shared.has_log:
        logging.getLogger(__name__).warning(line)
    elif not shared.output.is_for_programs:
        print(f"warning: {line}", file=sys.stderr)


class _OneWarning(logging.Handler):
    """What the exporter has to say of a collector that does not answer, without its tracebacks, and once."""

    is_said = False

    def emit(self, record: logging.LogRecord) -> None:
        """See logging."""
        if record.levelno >= logging.WARNING and not self.is_said:
            self.is_said = True
            warn(f"traces were not sent: {record.getMessage().splitlines()[0][:200]}")


def trace(service: str, *, is_brief: bool = False) -> None:
    """Send traces if the environment asks for them; that they cannot be sent keeps nobody from anything.

    One line says so where a command ends soon, and nothing where stderr has objects only; else each time is logged.
    """
    from slackwater.streams.tracing import begin

    missing = begin(service)
    if missing is not None:
        warn(missing)
    if is_brief or shared.output.is_for_programs:
        exporter = logging.getLogger("opentelemetry")
        exporter.handlers, exporter.propagate = [_OneWarning()], False


def as_text(data: Any, output: Output) -> str:
    """What a program reads: one line of JSON, or YAML that says the same."""
    text = json.dumps(data, ensure_ascii=False)
    if output is not Output.YAML:
        return text
    from .yaml_text import yaml_text

    return yaml_text(json.loads(text))


def connect() -> Any:
    """The Admin that the root options describe."""
    from ..api import Admin

    trace("slackwater-cli", is_brief=True)
    return Admin.connect(shared.log, shared.kafka, actor=shared.actor, channel="cli")


def main() -> None:
    """Run the command line; never shows a traceback for what a user can mend."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except errors.SlackwaterError as error:
        sys.exit(report(error))
    except typer.TyperException as error:
        # Without words it was the help, which has been shown.
        sys.exit(report(_usage(error)) if error.format_message() else error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


def _usage(error: typer.TyperException) -> errors.Usage:
    at = getattr(error, "ctx", None)
    return errors.Usage("usage", error.format_message(), hint=f"{at.command_path} --help" if at else None)


def report(error: errors.SlackwaterError) -> int:
    """One clear line and what to do, on stderr; as an object if objects were asked for. Returns the exit code."""
    if shared.output.is_for_programs:
        print(as_text(error.as_json(), shared.output), file=sys.stderr)
        return error.exit_code
    lead = "refused" if isinstance(error, errors.Refused) else "error"
    print(f"{lead}: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  hint: {error.hint}", file=sys.stderr)
    if isinstance(error, errors.Timeout) and error.command_id:
        print(f"  command {error.command_id} stands; asking again is safe", file=sys.stderr)
    return error.exit_code
