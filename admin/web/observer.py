"""Lag and rate of jobs, looked up on Kafka again and again by one thread. Kept for minutes, never in the log."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import KafkaException

from slackwater.core.cut import PartitionKey
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection

from ..lag import Progress, read_progress

log = logging.getLogger(__name__)

INTERVAL_S: Final = 2.0
"""Between two looks, but never less than the look itself took: at most half a thread."""
KEPT: Final = 300
"""Observations of a job: ten minutes of a job that is looked at."""
WATCHED_S: Final = 30.0
WATCHED_MAX: Final = 100
OTHERS_AT_ONCE: Final = 10
"""Jobs nobody looks at take turns."""


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """`next_offset` is the next record to take, `end` where a `read_committed` reader ends."""

    topic: str
    partition: int
    next_offset: int
    end: int
    lag: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one job. `lag` in records; the rate is unknown at the first look."""

    name: str
    at: datetime
    lag: int
    records_per_s: float | None
    partitions: tuple[PartitionLag, ...] = ()


class Observer:
    """Thread-safe. Without a broker there is nothing to see, and nothing is started."""

    def __init__(self, store: EventStore, kafka: KafkaConnection | None) -> None:
        self._store = store
        self._kafka = kafka
        self._lock = threading.Lock()
        self._seen: dict[str, deque[Observation]] = {}
        self._takes: dict[str, tuple[float, dict[PartitionKey, int]]] = {}
        self._watched: dict[str, float] = {}
        self._turn = ""
        self._answers = kafka is not None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    @property
    def answers(self) -> bool:
        """Did the broker answer when it was last asked?"""
        return self._answers

    def start(self) -> None:
        """Begin, if there is a broker."""
        if self._kafka is not None and self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """End within the look that is under way. Stopping twice, or before a start, is fine."""
        self._stop.set()

    def watch(self, names: Iterable[str]) -> None:
        """Somebody looks at these for the next WATCHED_S: they are looked up every time."""
        with self._lock:
            now = time.monotonic()
            self._watched.update((name, now) for name in names)
            fresh = sorted((at, name) for name, at in self._watched.items() if now - at < WATCHED_S)[-WATCHED_MAX:]
            self._watched = {name: at for at, name in fresh}

    def latest(self, name: str) -> Observation | None:
        """The last look; None if there was none."""
        with self._lock:
            kept = self._seen.get(name)
            return kept[-1] if kept else None

    def kept(self, name: str) -> tuple[Observation, ...]:
        """What is known of the last minutes, oldest first, without partitions."""
        with self._lock:
            return tuple(self._seen.get(name, ()))

    def since(self, at: datetime, name: str | None = None) -> tuple[Observation, ...]:
        """The last look at each job (or one), where it is newer than `at`."""
        with self._lock:
            last = [kept[-1] for job, kept in self._seen.items() if name in {None, job}]
        return tuple(one for one in last if one.at > at)

    def look(self) -> None:
        """One look at what is watched and at the next of the others. Raises StoreError, KafkaException."""
        jobs = {job.id: job.spec.inputs for job in self._store.jobs()}
        with self._lock:
            for gone in self._seen.keys() - jobs.keys():
                del self._seen[gone]
            watched = [name for name in self._watched if name in jobs]
        for name in (*watched, *self._next_turn([name for name in jobs if name not in watched])):
            if self._stop.is_set() or self._kafka is None:
                return
            self._see(name, read_progress(self._kafka, name, jobs[name]))

    def _next_turn(self, names: Sequence[str]) -> Sequence[str]:
        later = [name for name in names if name > self._turn]
        turn = (later + [name for name in names if name <= self._turn])[:OTHERS_AT_ONCE]
        self._turn = turn[-1] if turn else ""
        return turn

    def _see(self, name: str, found: Progress) -> None:
        now = time.monotonic()
        takes = {key: found.next_of(key) for key in found.there}
        before = self._takes.get(name)
        self._takes[name] = (now, takes)
        rate = None
        if before is not None:
            taken = sum(max(at - before[1].get(key, at), 0) for key, at in takes.items())
            rate = round(taken / max(now - before[0], 0.001), 1)
        places = tuple(
            PartitionLag(*key, takes[key], end, max(end - takes[key], 0)) for key, (_, end) in sorted(found.there.items())
        )
        seen = Observation(name, datetime.now(UTC), found.left(found.ends), rate, places)
        with self._lock:
            kept = self._seen.setdefault(name, deque(maxlen=KEPT))
            if kept:
                # Only the last look is shown by partition; a thousand jobs of a hundred partitions must not add up.
                last = kept.pop()
                kept.append(Observation(last.name, last.at, last.lag, last.records_per_s))
            kept.append(seen)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            self._answers = self._try(self.look)
            self._stop.wait(max(INTERVAL_S, time.monotonic() - began))

    def _try(self, look: Callable[[], None]) -> bool:
        try:
            look()
        except (KafkaException, TimeoutError) as error:
            if self._answers:
                log.warning("lag is unknown: Kafka does not answer: %s", error)
            return False
        except StoreError as error:
            log.warning("lag is unknown: %s", error.message)
        return True
