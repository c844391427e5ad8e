"""Observations as rows beside the log: the latest of each job and worker, nothing older than a day."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, delete, func, select, text

from slackwater.core.observation import ControlSeen, Observation, Seen, Worked, forgotten

from . import tables as t
from .store import CommandCount

_UPSERT: Final = text(
    """INSERT INTO observation (job_id, worker, at, body) VALUES (:job_id, :worker, :at, :body)
    ON CONFLICT (job_id, worker) DO UPDATE SET at = excluded.at, body = excluded.body"""
).bindparams(bindparam("at", type_=t.UtcTime))


@cache
def _body() -> TypeAdapter[Any]:
    """Made when first needed: a command does not observe."""
    return TypeAdapter(Annotated[Worked | Seen | ControlSeen, Field(discriminator="kind")])


def keep(connection: Connection, observations: Sequence[Observation]) -> None:
    """In the order of their keys, so that two writers never wait for each other."""
    before = forgotten(observations)
    if before is None:
        return
    connection.execute(_UPSERT, [_row(one) for one in sorted(observations, key=lambda one: (one.job_id, one.worker))])
    connection.execute(delete(t.observation).where(t.observation.c.at < before))


def find(connection: Connection, job_id: str | None) -> list[Observation]:
    """By job and worker."""
    query = select(t.observation).order_by(t.observation.c.job_id, t.observation.c.worker)
    if job_id is not None:
        query = query.where(t.observation.c.job_id == job_id)
    return [one for row in connection.execute(query) if (one := _read(row)) is not None]


def count_commands(connection: Connection) -> list[CommandCount]:
    """Of a job that does not exist only the number is told: its name is whatever somebody wrote."""
    kind = (t.job.c.id, t.command.c.verb, t.command.c.channel, t.command.c.outcome, t.command.c.code)
    query = select(*kind, func.count()).select_from(t.command.outerjoin(t.job, t.job.c.id == t.command.c.job_id))
    return [CommandCount(*row) for row in connection.execute(query.group_by(*kind))]


def _row(one: Observation) -> dict[str, Any]:
    return {"job_id": one.job_id, "worker": one.worker, "at": one.at, "body": _body().dump_json(one.body).decode()}


def _read(row: Any) -> Observation | None:
    """None for what another version wrote and this one cannot read: the next observation replaces it."""
    try:
        return Observation(row.job_id, row.worker, row.at, _body().validate_json(row.body))
    except ValidationError:
        return None
