"""The jars of Apache Kafka: named and checksummed in kafka_jars.lock, downloaded once, kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from .embedded_kafka_errors import DirectoryNotWritable, JarsDiffer, JarsUnreachable, MissingJava

KAFKA_VERSION: Final = "4.3.1"
ENDPOINT: Final = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"


def default_jar_cache() -> Path:
    """`$XDG_CACHE_HOME/slackwater/jars`, or the same under `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slackwater" / "jars"


def pinned_jars() -> dict[str, str]:
    """File name -> SHA-256 of every jar, as the lock file has it (the format of `sha256sum`)."""
    text = resources.files(__package__).joinpath("kafka_jars.lock").read_text(encoding="ascii")
    pairs = (line.split() for line in text.splitlines() if line)
    return {name: digest for digest, name in pairs}


def kafka_jars(cache: Path | None = None) -> list[Path]:
    """The jars for the class path, each one checked against the lock file, downloaded first where missing.

    Safe to call from many processes at once: one downloads, the others wait. Without network it works when the
    cache is full. Never returns a jar whose checksum differs.
    Raises MissingJava (jgo is needed and not installed), JarsUnreachable, JarsDiffer, DirectoryNotWritable.
    """
    cache = cache or default_jar_cache()
    pinned = pinned_jars()
    shelf = cache / f"kafka-{KAFKA_VERSION}"
    if _unfit(shelf, pinned):
        try:
            cache.mkdir(parents=True, exist_ok=True)
            lock = (cache / ".lock").open("w")
        except OSError as error:
            raise DirectoryNotWritable(cache, str(error)) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if missing := _unfit(shelf, pinned):  # nobody else filled it while we waited
                _download(cache, shelf, pinned, missing)
    return [shelf / name for name in pinned]


def _unfit(shelf: Path, pinned: Mapping[str, str]) -> list[str]:
    return [name for name, digest in pinned.items() if _sha256(shelf / name) != digest]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _download(cache: Path, shelf: Path, pinned: Mapping[str, str], missing: list[str]) -> None:
    try:
        import jgo
    except ImportError as error:
        raise MissingJava("jgo") from error
    resolved = cache / "resolved"
    try:
        found = {Path(jar).name: Path(jar) for jar in jgo.build(ENDPOINT, cache_dir=resolved).all_jars}
    except Exception as error:  # jgo lets through whatever its HTTP client and its XML reader raise
        raise JarsUnreachable(cache, f"{type(error).__name__}: {str(error)[:300]}") from error
    if wrong := [name for name in missing if name not in found or _sha256(found[name]) != pinned[name]]:
        raise JarsDiffer(wrong, resolved)
    try:
        shelf.mkdir(exist_ok=True)
        for name in missing:
            half = shelf / f".{name}.half"
            shutil.copyfile(found[name], half)
            half.replace(shelf / name)
    except OSError as error:
        raise DirectoryNotWritable(shelf, str(error)) from error
    shutil.rmtree(resolved, ignore_errors=True)
