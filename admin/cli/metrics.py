"""metrics: dashboards for Grafana and alert rules for Prometheus, written to where they are wanted."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Unavailable
from .app import Output, OutputOption, Verbs, app

metrics = typer.Typer(cls=Verbs, help="What Grafana and Prometheus need to know of us.", no_args_is_help=True)
app.add_typer(metrics, name="metrics")

Directory = Annotated[Path, typer.Argument(help="Where to write; made if it is not there.", show_default=False)]


@metrics.command("export-dashboard")
def export_dashboard(directory: Directory, output: OutputOption = Output.TABLE) -> None:
    """Write the Grafana dashboards: status, lag of paused jobs, pauses, errors. Older files of ours are replaced."""
    _export("grafana", directory, output)


@metrics.command("export-rules")
def export_rules(directory: Directory, output: OutputOption = Output.TABLE) -> None:
    """Write the alert rules for Prometheus' `rule_files`. An older file of ours is replaced."""
    _export("alerts", directory, output)


def shipped(folder: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file we ship in that folder."""
    found = sorted(files("slackwater.admin").joinpath(folder).iterdir(), key=lambda file: file.name)
    return ((file.name, file.read_bytes()) for file in found)


def _export(folder: str, directory: Path, output: Output) -> None:
    from .render import show

    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in shipped(folder):
            (directory / name).write_bytes(content)
            written.append(str(directory / name))
    except OSError as error:
        hint = "name a directory you may write to"
        raise Unavailable("directory_not_writable", f"{directory}: {error.strerror}", hint=hint) from error
    show([{"name": path} for path in written], ("WRITTEN",), [(path,) for path in written], output)
