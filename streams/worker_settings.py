"""What a worker needs to know, and what it may be called."""

import os
import secrets
import socket
from dataclasses import dataclass, field
from typing import Final

from slackwater.core.commands import is_command_id

from .kafka_connection import KafkaConnection
from .topics import ControlTopics

NAME_BYTES_MAX: Final = 100


def worker_name() -> str:
    """A name no other worker has: two workers of one name would fence each other's producers."""
    return f"{socket.gethostname().lower()}-{os.getpid()}-{secrets.token_hex(2)}"


def is_worker_name(text: str) -> bool:
    """Printable text of 1–100 bytes: the ids of a worker's own commands begin with it."""
    return is_command_id(text) and len(text.encode()) <= NAME_BYTES_MAX


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker needs to know."""

    connection: KafkaConnection
    name: str = field(default_factory=worker_name)
    topics: ControlTopics = field(default_factory=ControlTopics)
    log_level: str = "INFO"
    vigil_interval_s: float = 10.0
