"""Lag and rate of jobs for whoever looks at them: what workers observed, and, of watched jobs, what Kafka says itself.

Kept for minutes in this process, as lines need more than the last point; never in the event log.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import KafkaException

from slackwater.core.cut import PartitionKey
from slackwater.core.job import Job
from slackwater.core.observation import PartitionLag, by_job
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection

from ..lag import Progress, read_horizon_s, read_progress
from .partitions import STILL

log = logging.getLogger(__name__)

INTERVAL_S: Final = 2.0
"""Between two looks while somebody watches, but never less than the look itself took: at most half a thread."""
IDLE_INTERVAL_S: Final = 10.0
"""While nobody does: lines begin with what was before somebody came."""
KEPT: Final = 300
"""Observations of a job: ten minutes while it is watched."""
WATCHED_S: Final = 30.0
HORIZON_S: Final = 30.0
"""Between two looks at what retention may delete of a job at rest: each asks Kafka for much more than lag does."""
WATCHED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one job. `lag` in records; None where nobody knows."""

    job: str
    at: datetime
    lag: int | None
    records_per_s: float | None


@dataclass(frozen=True, slots=True)
class Places:
    """The partitions of one job at one look."""

    at: datetime
    partitions: tuple[PartitionLag, ...]


@dataclass(frozen=True, slots=True)
class Horizon:
    """Seconds from `at` until retention may delete what a job has not read; None: nothing is in danger."""

    at: datetime
    left_s: float | None


class Observer:
    """Thread-safe. Needs the log alone; with a broker, watched jobs are looked up there too, also while no worker lives."""

    def __init__(self, store: EventStore, kafka: KafkaConnection | None) -> None:
        self._store = store
        self._kafka = kafka
        self._lock = threading.Lock()
        self._kept: dict[str, deque[Observation]] = {}
        self._places: dict[str, Places] = {}
        self._horizons: dict[str, Horizon] = {}
        self._taken: dict[str, tuple[float, dict[PartitionKey, int]]] = {}
        self._watched: dict[str, float] = {}
        self._opened: dict[str, float] = {}
        self._answers = kafka is not None
        self._stop, self._hurry = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    @property
    def answers(self) -> bool:
        """Did the broker answer when it was last asked?"""
        return self._answers

    def start(self) -> None:
        """Begin. Starting twice is fine."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """End within the look that is under way. Stopping twice, or before a start, is fine."""
        self._stop.set()
        self._hurry.set()

    def watch(self, names: Iterable[str]) -> None:
        """Somebody looks at these for the next WATCHED_S."""
        now = time.monotonic()
        with self._lock:
            self._watched.update((name, now) for name in names)
        self._hurry.set()

    def open(self, name: str) -> None:
        """Somebody reads this job's own page: of a job at rest Kafka is asked too what retention may delete."""
        with self._lock:
            self._opened[name] = time.monotonic()
        self.watch([name])

    def _watched_now(self) -> list[str]:
        """Those watched last; more than WATCHED_MAX would be a look without an end."""
        now = time.monotonic()
        with self._lock:
            fresh = sorted((at, name) for name, at in self._watched.items() if now - at < WATCHED_S)[-WATCHED_MAX:]
            self._watched = {name: at for at, name in fresh}
            return list(self._watched)

    def latest(self, name: str) -> Observation | None:
        """The last look; None if there was none."""
        with self._lock:
            kept = self._kept.get(name)
            return kept[-1] if kept else None

    def places(self, name: str) -> Places | None:
        """The job's partitions at the last look; None if there was none."""
        with self._lock:
            return self._places.get(name)

    def horizon(self, name: str) -> Horizon | None:
        """What was seen last of what retention may delete; None if nobody looked."""
        with self._lock:
            return self._horizons.get(name)

    def kept(self, name: str) -> tuple[Observation, ...]:
        """What is known of the last minutes, oldest first."""
        with self._lock:
            return tuple(self._kept.get(name, ()))

    def since(self, at: datetime, name: str | None = None) -> tuple[Observation, ...]:
        """The last look at each job (or one), where it is newer than `at`."""
        with self._lock:
            last = [kept[-1] for job, kept in self._kept.items() if name in {None, job}]
        return tuple(one for one in last if one.at > at)

    def look(self) -> None:
        """One look. Raises StoreError, KafkaException, TimeoutError."""
        now = datetime.now(UTC)
        for name, observed in by_job(self._store.observations()).items():
            if observed.seen is not None and observed.seen_at is not None:
                rate = observed.records_per_s(now)
                self._keep(Observation(name, observed.seen_at, observed.seen.lag, rate), observed.seen.partitions)
        if self._kafka is None:
            return
        for name in self._watched_now():
            job = self._store.job(name)
            if job is not None and not self._stop.is_set():
                self._see(name, read_progress(self._kafka, name, job.spec.inputs))
                self._look_ahead(self._kafka, job)

    def _see(self, name: str, found: Progress) -> None:
        now = time.monotonic()
        at = {key: found.next_of(key) for key in found.there}
        began, before = self._taken.get(name, (now, at))
        self._taken[name] = (now, at)
        taken = sum(max(offset - before.get(key, offset), 0) for key, offset in at.items())
        rate = round(taken / (now - began), 1) if now > began else None
        places = tuple(
            PartitionLag(*key, found.committed.get(key), end, first) for key, (first, end) in sorted(found.there.items())
        )
        self._keep(Observation(name, datetime.now(UTC), found.lag, rate), places)

    def _look_ahead(self, kafka: KafkaConnection, job: Job) -> None:
        now, opened = datetime.now(UTC), self._opened.get(job.id)
        if opened is None or time.monotonic() - opened > WATCHED_S:
            return
        last = self.horizon(job.id)
        if job.state not in STILL:
            self._horizons.pop(job.id, None)
        elif last is None or (now - last.at).total_seconds() > HORIZON_S:
            self._horizons[job.id] = Horizon(now, read_horizon_s(kafka, job))

    def _keep(self, seen: Observation, places: tuple[PartitionLag, ...]) -> None:
        with self._lock:
            kept = self._kept.setdefault(seen.job, deque(maxlen=KEPT))
            if not kept or seen.at > kept[-1].at:
                kept.append(seen)
                self._places[seen.job] = Places(seen.at, places)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            self._look_once()
            took_s = time.monotonic() - began
            if self._watched_now():
                self._stop.wait(max(INTERVAL_S, took_s))
            else:
                self._hurry.wait(max(IDLE_INTERVAL_S, took_s))
            self._hurry.clear()

    def _look_once(self) -> None:
        try:
            self.look()
            self._answers = self._kafka is not None
        except (KafkaException, TimeoutError) as error:
            if self._answers:
                log.warning("lag is what workers observed: Kafka does not answer: %s", error)
            self._answers = False
        except StoreError as error:
            log.warning("lag is unknown: %s", error.message)
