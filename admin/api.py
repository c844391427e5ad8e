"""Admin: everything an operator can ask, as Python. The command line and AsyncAdmin are this, worn differently."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from slackwater.core.commands import Verb
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import DEADLINE_S
from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.control.resume import UNTIL_LAG, Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Drain, Kill, Stop
from slackwater.core.field_types import wrong_argument
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection

from .bulk import Answer, ask_each
from .clock_time import in_utc
from .desk import CommandResult, translated
from .door import WAIT_TIMEOUT_S, Door
from .errors import InvalidCommand, Unavailable
from .policy import PolicyAdmin
from .questions import Questions
from .rules import RulesAdmin
from .settings import load_settings


class Admin(PolicyAdmin, RulesAdmin, Questions):
    """A connection to the event log, and to Kafka where lag is asked for. Thread-safe; close it, or use `with`."""

    def __init__(
        self,
        store: EventStore,
        *,
        kafka: KafkaConnection | None = None,
        actor: str | None = None,
        channel: str = "api",
    ) -> None:
        super().__init__(store, kafka)
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
        output_topic: str | None = None,
        holds: Sequence[str] = (),
        reason: str | None = None,
        deadline_s: int = DEADLINE_S,
        **how: Any,
    ) -> CommandResult:
        """Deploy `sql` under `name`. `topic`, if given, must be a topic the text reads.

        A bare SELECT writes to `output_topic`, which is `<name>.output` if nothing is said. The same spec again is already
        so. Another one is rolled out to a job that lives: drained under the old spec, it goes on under the new one exactly
        at its cut. Raises InvalidCommand with line and column for SQL that cannot be a job.
        """
        from slackwater.core.spec_from_sql import spec_from_sql
        from slackwater.core.sql.errors import SqlError

        for argument, text in {"sql": sql, "version": version, "topic": topic, "output_topic": output_topic}.items():
            wrong = wrong_argument(argument, text, str if argument == "sql" else str | None)
            if wrong is not None:
                raise self._door.turn_away(name, wrong.code, wrong.message, dry_run=how.get("dry_run", False))
        try:
            _, spec = spec_from_sql(sql, name, version=version, topic=topic, output_topic=output_topic)
        except SqlError as error:
            raise self._door.turn_away(name, error.code, str(error), dry_run=how.get("dry_run", False)) from error
        return self._door.ask(name, Deploy(spec, _listed(holds), reason, deadline_s), **how)

    def rollback_job(
        self, name: str, version: str | None = None, *, reason: str | None = None, deadline_s: int = DEADLINE_S, **how: Any
    ) -> CommandResult:
        """Deploy what was deployed before: the last spec before this one, or that of `version`."""
        return self._door.ask(name, Rollback(version, reason, deadline_s), **how)

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
        try:
            if until is not None and (not isinstance(until, datetime) or until.tzinfo is None):
                raise ValueError(f"until is a time with a zone, not {ascii(until)[:60]}")
            at = until and in_utc(until)
        except (ValueError, OverflowError) as error:
            hint, dry_run = "a time that the clock shows, with a zone: datetime(…, tzinfo=UTC)", how.get("dry_run", False)
            raise self._door.turn_away(name, "bad_until", str(error), hint, dry_run=dry_run) from None
        return self._door.ask(name, Pause(reason, hold, deadline_s, at, for_s), **how)

    def resume_job(
        self,
        name: str,
        *,
        reason: str | None = None,
        hold: str = OPERATOR,
        all_holds: bool = False,
        accept_gap: bool = False,
        rate_per_s: int | None = None,
        until_lag: int = UNTIL_LAG,
        deadline_s: int = DEADLINE_S,
        **how: Any,
    ) -> CommandResult:
        """Release one hold, or all. The job runs again once the last is gone.

        With `rate_per_s` it takes at most so many records a second over all workers, until its lag is `until_lag` or less.
        """
        verb = Resume(reason, None if all_holds else hold, deadline_s, accept_gap, rate_per_s, until_lag)
        return self._door.ask(name, verb, **how)

    def stop_job(self, name: str, *, reason: str | None = None, deadline_s: int = DEADLINE_S, **how: Any) -> CommandResult:
        """Give up the partitions and keep the cut; a later start continues there."""
        return self._door.ask(name, Stop(reason, deadline_s), **how)

    def drain_job(self, name: str, *, reason: str | None = None, deadline_s: int = DEADLINE_S, **how: Any) -> CommandResult:
        """Stop once nothing is open. The jobs there are keep nothing open beyond a batch, which `stop_job` finishes too."""
        return self._door.ask(name, Drain(reason, deadline_s), **how)

    def kill_job(self, name: str, *, reason: str | None = None, deadline_s: int = DEADLINE_S, **how: Any) -> CommandResult:
        """Stop without finishing: what is under way is aborted, and a later start takes it again. Overtakes a stop."""
        return self._door.ask(name, Kill(reason, deadline_s), **how)

    def turn_away(
        self, name: str, code: str, message: str, hint: str | None = None, *, dry_run: bool = False
    ) -> InvalidCommand:
        """The error of a command that a surface could not read; the log remembers that it was tried, unless by a dry run."""
        return self._door.turn_away(name, code, message, hint, dry_run=dry_run)

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
        yes_protected: Sequence[str] = (),
        dry_run: bool = False,
        on_accepted: Callable[[CommandResult], None] | None = None,
    ) -> tuple[Answer, ...]:
        """The verb for many jobs, side by side: an answer each, in the order of `names`; see `bulk.ask_each`."""
        how: dict[str, Any] = {"wait": wait, "timeout_s": timeout, "dry_run": dry_run, "on_accepted": on_accepted}
        how["yes_protected"] = yes_protected
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


def _listed(holds: Any) -> Any:
    """A text is not the list of its letters; the desk says so."""
    return tuple(holds) if isinstance(holds, Iterable) and not isinstance(holds, str | bytes) else holds
