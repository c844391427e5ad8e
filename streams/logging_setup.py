"""How a worker's log is written: people's lines on a terminal, JSON lines elsewhere, all on stderr.

Every line about a job carries `job_name`, `epoch` and `command_id`, the command that is being carried out: what a thread or
task is about is said once, with `about`, and stands in all it logs from then on.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars

from slackwater.core.commands import Command
from slackwater.core.want import Want


def about(job_name: str, want: Want | None) -> None:
    """What this thread or task logs from now on is about that job, and what is wanted of it (None: not heard yet)."""
    bind_contextvars(job_name=job_name, epoch=want.epoch if want else None, command_id=want.wish if want else None)


def about_command(command: Command) -> None:
    """The same for a command that has yet to be decided: of what epoch it is shows then."""
    bind_contextvars(job_name=command.job_id or None, epoch=None, command_id=command.id)


def set_up_logging(level: str) -> None:
    """One handler for our log, for Faust's, and for Python's own warnings."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    on_terminal = sys.stderr.isatty()
    render: Any = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, render]
    # What other loggers name as `extra` is theirs, but for the job that a line is about.
    foreign = [*shared, structlog.stdlib.ExtraAdder(allow={"job_name"})]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=foreign))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(True)
    for noisy in ("faust", "aiokafka", "mode", "transitions"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
