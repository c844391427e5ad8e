"""What may be asked of the log without changing anything: jobs, details, histories, events as they come, the audit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from slackwater.core.job import Job
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.recorded import Recorded
from slackwater.core.selector import HINT, Selector, SelectorError, parse_selector
from slackwater.persistence.store import EventStore, Table, Unreadable
from slackwater.persistence.verify import Verdict, verify
from slackwater.streams.kafka_connection import KafkaConnection

from .as_of import StateAsOf, state_as_of
from .desk import translated
from .details import details_of, kafka_state, statuses
from .errors import InvalidCommand, NotFound
from .export import Exported, export
from .job_views import JobDetails, JobStatus, KafkaJobState
from .watching import Chosen, following


class Questions:
    """Of one log, and of Kafka where lag is asked for. Thread-safe."""

    def __init__(self, store: EventStore, kafka: KafkaConnection | None) -> None:
        self.store = store
        self.kafka = kafka

    def list_jobs(self, selector: str | None = None) -> tuple[JobStatus, ...]:
        """Every job, or those that `selector` chooses by their labels, by name. Raises InvalidCommand `bad_selector`."""
        return listed_jobs(self.store, selector)[0]

    def get_job_status(self, name: str) -> JobStatus:
        """Where the job is in its life. Raises NotFound."""
        job = self._job(name)
        with translated():
            (status,) = statuses(self.store, (job,))
        return status

    def get_job_details(self, name: str) -> JobDetails:
        """Everything about the job; what Kafka says only if a broker is configured and answers. Raises NotFound.

        `pause_history` has the latest thousand pauses. A job with an event that this program cannot read is described all
        the same, and `unreadable` says which event it is; its state is then its row's word, and commands are refused.
        """
        job = self._job(name)
        with translated():
            return details_of(self.store, self.kafka, job)

    def kafka_state(self, name: str) -> KafkaJobState | None:
        """Lag and offsets of the job's group; None if no broker is configured, or if it does not answer us."""
        return kafka_state(self.kafka, self._job(name))

    def history(self, name: str, since: int = 0, limit: int | None = None) -> tuple[Recorded | Unreadable, ...]:
        """The events of the job, or of the policy (`@policy`), after version `since`: the first `limit`. One that this
        program cannot read is given as Unreadable (`seq`, `version`, `why`) in its place. Raises NotFound."""
        if name != POLICY_ID:
            self._find(name)
        with translated():
            return tuple(self.store.scan(since, limit, name))

    def events(self, since: int | None = None, *, follow: bool = True) -> Iterator[Recorded | Unreadable]:
        """The events of the whole log after position `since` (None: those that come from now on), in order, each once.

        Waits for more for ever, unless `follow` is False. Whoever was interrupted goes on after the `seq` of the last event
        it has dealt with. Nothing is read ahead of the reader. An event
        that this program cannot read is given as Unreadable (`seq`, `job_id`, `why`). Raises InvalidCommand `bad_position`
        for one beyond the end.
        """
        return following(self.store, since, follow)

    def watch(
        self, names: Sequence[str] = (), selector: str | None = None, *, since: int | None = None, follow: bool = True
    ) -> Iterator[Recorded | Unreadable]:
        """`events` of some jobs: those named, those whose labels `selector` chooses, or all. A job may yet be deployed."""
        chosen = self.chosen(names, selector)
        return (recorded for recorded in self.events(since, follow=follow) if chosen.fits(recorded))

    def chosen(self, names: Sequence[str], selector: str | None) -> Chosen:
        """Which events `watch` gives. Raises InvalidCommand `bad_selector`."""
        return Chosen(self.store, frozenset(names), _selector(selector))

    def state_as_of(self, moment: int | datetime, names: Sequence[str] = (), selector: str | None = None) -> StateAsOf:
        """The jobs as they were: folded from the events up to event `moment`, or up to the last that was recorded at or
        before that time (with a zone); last in the log's own order, also where a clock was wrong. Those named, those whose
        labels of then `selector` chooses, or all.

        Raises InvalidCommand `bad_time` for a time to come, `bad_position` for an event the log does not have, NotFound for
        a name that had no job yet.
        """
        return state_as_of(self.store, moment, names, _selector(selector))

    def export(
        self,
        path: Path | str,
        format: str = "jsonl",
        *,
        first: int | datetime = 1,
        last: int | datetime | None = None,
        job: str | None = None,
        force: bool = False,
    ) -> Exported:
        """Write events to a file as `jsonl` or `parquet`, each with its hashes: all, or those from `first` to `last`, which
        are numbers of events, or times as in `state_as_of`; of one job, or of the policy (`@policy`).

        The file is there completely or not at all, and takes another's place only with `force`. Memory holds a page of it.
        Raises InvalidCommand `file_exists`, `bad_format`, `bad_time`, `bad_position`, `bad_range`; NotFound; Unavailable.
        """
        if job is not None and job != POLICY_ID:
            self._find(job)
        return export(self.store, Path(path), format, first, last, job, force=force)

    def audit(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Table:
        """One read-only statement over the audit views."""
        with translated():
            return self.store.query(sql, dict(parameters or {}))

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Verdict:
        """Is the chain whole, and is every job what its events say?"""
        with translated():
            return verify(self.store, progress)

    def _find(self, name: str) -> None:
        """Raises NotFound. That nobody can read its row hides no event of a job."""
        try:
            self._job(name)
        except InvalidCommand as error:
            if error.code != "job_row_differs":
                raise

    def _job(self, name: str) -> Job:
        with translated():
            job = self.store.job(name)
        if job is None:
            raise NotFound("no_such_job", f"there is no job {name}", hint="see `slackwater jobs`", job=name)
        return job


def listed_jobs(store: EventStore, selector: str | None) -> tuple[tuple[JobStatus, ...], tuple[str, ...]]:
    """What `list_jobs` answers, and the ids of all the jobs that it has to leave out, by one look at them."""
    chosen = _selector(selector)
    with translated():
        jobs, unreadable = store.listing()
        fitting = tuple(job for job in jobs if chosen is None or chosen.fits(job.spec.labels))
        return statuses(store, fitting), unreadable


def _selector(text: str | None) -> Selector | None:
    try:
        return None if text is None else parse_selector(text)
    except SelectorError as error:
        raise InvalidCommand(error.code, str(error), hint=HINT) from None
