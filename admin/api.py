"""Admin: everything an operator can ask, as Python. The command line and AsyncAdmin are this, worn differently."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from slackwater.core.commands import Verb
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.core.selector import HINT, SelectorError, parse_selector
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore, Table
from slackwater.persistence.verify import Verdict, verify
from slackwater.streams.kafka_connection import KafkaConnection

from .bulk import Answer, ask_each
from .desk import CommandResult, translated
from .door import WAIT_TIMEOUT_S, Door
from .errors import InvalidCommand, NotFound, SlackwaterError, Unavailable
from .job_views import JobDetails, JobStatus, KafkaJobState, metrics_of, pauses_of, status_of
from .settings import load_settings

DEADLINE_S = 60


class Admin:
    """A connection to the event log, and to Kafka where lag is asked for. Thread-safe; close it, or use `with`."""

    def __init__(
        self,
        store: EventStore,
        *,
        kafka: KafkaConnection | None = None,
        actor: str | None = None,
        channel: str = "api",
    ) -> None:
        self.store = store
        self.kafka = kafka
        self._door = Door(store, kafka, actor, channel)

    @classmethod
    def connect(
        cls, log: str | None = None, kafka: str | None = None, *, actor: str | None = None, channel: str = "api"
    ) -> Self:
        """The log is found by argument, `SLACKWATER_LOG`, slackwater.toml or a dev house here. Raises Unavailable."""
        settings = load_settings(log, kafka)
        with translated():
            store = open_store(settings.need_log())
        return cls(store, kafka=settings.connection(), actor=actor, channel=channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up connections. Closing twice is fine."""
        self.store.close()

    # Commands.

    def deploy_job(
        self,
        name: str,
        version: str | None,
        sql: str,
        topic: str | None = None,
        *,
        holds: Sequence[str] = (),
        reason: str | None = None,
        command_id: str | None = None,
        expected_version: int | None = None,
    ) -> CommandResult:
        """Deploy `sql` under `name`. `topic`, if given, must be a topic the text reads.

        A bare SELECT writes to `<name>.output`. The same spec again is already so. Raises InvalidCommand with line and
        column for SQL that cannot be a job, Refused while another spec runs.
        """
        from slackwater.core.spec_from_sql import spec_from_sql
        from slackwater.core.sql.errors import SqlError

        try:
            _, spec = spec_from_sql(sql, version=version, output_topic=f"{name}.output")
        except SqlError as error:
            raise self._door.turn_away(name, error.code, str(error)) from error
        if topic is not None and topic not in spec.inputs:
            hint = f"it reads {', '.join(spec.inputs)}"
            raise self._door.turn_away(name, "topic_not_read", f"the job does not read the topic {topic}", hint)
        verb = Deploy(spec, tuple(holds), reason)
        return self._door.ask(name, verb, command_id=command_id, expected_version=expected_version, wait=False)

    def start_job(
        self, name: str, *, reason: str | None = None, accept_gap: bool = False, deadline_s: int = DEADLINE_S, **how: Any
    ) -> CommandResult:
        """Run the job: RUNNING once every partition is taken, PAUSED if a hold says so.

        Of every verb: `deadline_s` is the time until an unproved transition comes to what the job's `@on_deadline` says;
        see `Door.ask` for `how`. `accept_gap` takes a loss that was found in the inputs, and continues after it.
        """
        return self._door.ask(name, Start(reason, deadline_s, accept_gap), **how)

    def pause_job(
        self,
        name: str,
        *,
        reason: str | None = None,
        hold: str = OPERATOR,
        until: datetime | None = None,
        for_s: int | None = None,
        deadline_s: int = DEADLINE_S,
        **how: Any,
    ) -> CommandResult:
        """Hold the job still. Returned with state PAUSED, everything it took is committed and `cut` says up to where.

        The hold lets go by itself at `until` (with a zone), or after `for_s` seconds; with neither, when it is released.
        """
        if until is not None and until.tzinfo is None:
            raise self._door.turn_away(name, "bad_until", "until has no time zone", "datetime(…, tzinfo=UTC)")
        return self._door.ask(name, Pause(reason, hold, deadline_s, until and until.astimezone(UTC), for_s), **how)

    def resume_job(
        self,
        name: str,
        *,
        reason: str | None = None,
        hold: str = OPERATOR,
        all_holds: bool = False,
        accept_gap: bool = False,
        deadline_s: int = DEADLINE_S,
        **how: Any,
    ) -> CommandResult:
        """Release one hold, or all. The job runs again once the last is gone."""
        return self._door.ask(name, Resume(reason, None if all_holds else hold, deadline_s, accept_gap), **how)

    def stop_job(self, name: str, *, reason: str | None = None, deadline_s: int = DEADLINE_S, **how: Any) -> CommandResult:
        """Give up the partitions and keep the cut; a later start continues there."""
        return self._door.ask(name, Stop(reason, deadline_s), **how)

    def ask(self, name: str, verb: Verb, **how: Any) -> CommandResult:
        """What the methods above come to: any verb of `core/control`, with the `how` of `Door.ask`."""
        return self._door.ask(name, verb, **how)

    def ask_each(
        self,
        names: Sequence[str],
        verb: Verb,
        *,
        batch_id: str | None = None,
        wait: bool = True,
        timeout: float = WAIT_TIMEOUT_S,
        dry_run: bool = False,
        on_accepted: Callable[[CommandResult], None] | None = None,
    ) -> tuple[Answer, ...]:
        """The verb for many jobs, side by side: an answer each, in the order of `names`; see `bulk.ask_each`."""
        how: dict[str, Any] = {"wait": wait, "timeout_s": timeout, "dry_run": dry_run, "on_accepted": on_accepted}
        return ask_each(self._door, tuple(dict.fromkeys(names)), verb, batch_id or uuid.uuid4().hex, **how)

    def catch_up(
        self, name: str, *, timeout: float = WAIT_TIMEOUT_S, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Wait until a running job has taken what lies before it now. `on_progress` is told what was taken, of how much.

        Raises Timeout, NotFound, Refused if the job does not run, Unavailable if no broker is configured or none answers.
        """
        from .catch_up import catch_up

        if self.kafka is None:
            hint = "set SLACKWATER_KAFKA or --kafka (host:port)"
            raise Unavailable("no_broker", "catching up is seen on Kafka, and none is configured", hint=hint)
        catch_up(self.kafka, lambda: self._job(name), timeout, on_progress or (lambda taken, of: None))

    # Questions.

    def list_jobs(self, selector: str | None = None) -> tuple[JobStatus, ...]:
        """Every job, or those that `selector` chooses by their labels, by name. Raises InvalidCommand `bad_selector`."""
        try:
            chosen = None if selector is None else parse_selector(selector)
        except SelectorError as error:
            raise InvalidCommand(error.code, str(error), hint=HINT) from None
        with translated():
            return tuple(status_of(job) for job in self.store.jobs() if chosen is None or chosen.fits(job.spec.labels))

    def get_job_status(self, name: str) -> JobStatus:
        """Where the job is in its life. Raises NotFound."""
        return status_of(self._job(name))

    def get_job_details(self, name: str) -> JobDetails:
        """Everything about the job; what Kafka says only if a broker is configured and answers. Raises NotFound."""
        job = self._job(name)
        history = self.history(name)
        kafka = self.kafka_state(name)
        return JobDetails(
            name,
            status_of(job),
            job.spec.sql,
            job.spec.inputs,
            job.spec.outputs,
            metrics_of(history),
            pauses_of(history),
            kafka,
            kafka.current_lag if kafka else None,
            kafka.last_processed_offset if kafka else None,
        )

    def kafka_state(self, name: str) -> KafkaJobState | None:
        """Lag and offsets of the job's group; None if no broker is configured, or if it does not answer us."""
        if self.kafka is None:
            return None
        from .lag import read_kafka_state

        try:
            return read_kafka_state(self.kafka, name, self._job(name).spec.inputs)
        except SlackwaterError:
            return None

    def history(self, name: str, since: int = 0) -> tuple[Recorded, ...]:
        """The job's events after version `since`. Raises NotFound."""
        self._job(name)
        with translated():
            return tuple(self.store.history(name, since))

    def audit(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Table:
        """One read-only statement over the audit views."""
        with translated():
            return self.store.query(sql, dict(parameters or {}))

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Verdict:
        """Is the chain whole, and is every job what its events say?"""
        with translated():
            return verify(self.store, progress)

    def _job(self, name: str) -> Job:
        with translated():
            job = self.store.job(name)
        if job is None:
            raise NotFound("no_such_job", f"there is no job {name}", hint="see `slackwater jobs`", job=name)
        return job
