"""Between the log's rows and core's values."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter

from slackwater.core.codec import RowHash, event_from, event_text, job_from, job_text
from slackwater.core.commands import TEXT_CHARS_MAX, Command
from slackwater.core.events import SCHEMA_VERSION, name_of
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.core.result import Result
from slackwater.core.settle import Step, command_hash

from .store import Unreadable

_RESULT: Final = TypeAdapter(Result)
_HASHED: Final = ("job_id", "epoch", "at", "actor", "channel", "command_id", "schema_version")
JOB_ID_CHARS_MAX: Final = 100
"""So much is kept of what was no job id: the index over refusals takes no longer row."""


def recorded_of(step: Step, command: Command, seq: int, prev_hash: bytes) -> Recorded:
    """The event as it is about to stand at `seq`."""
    columns: dict[str, Any] = {
        "job_id": command.job_id,
        "epoch": step.after.epoch,
        "at": command.at,
        "actor": command.actor,
        "channel": command.channel,
        "command_id": command.id,
    }
    version = step.after.version
    digest = RowHash(prev_hash, type=name_of(step.event), data=step.text, **columns).at(seq, version)
    more: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "prev_hash": prev_hash, "hash": digest}
    return Recorded(seq=seq, version=version, event=step.event, **columns, **more)


def hash_again(found: Recorded | Unreadable) -> bytes | None:
    """What the event's hash must be, given what it says and the hash before it. None: not even its columns can be read."""
    row_hash = hash_under(found, found.prev_hash)
    return None if row_hash is None else row_hash.at(found.seq, found.version)


def hash_under(found: Recorded | Unreadable, prev_hash: bytes) -> RowHash | None:
    """The same after another hash, under whatever numbers."""
    if isinstance(found, Recorded):
        columns = {name: getattr(found, name) for name in _HASHED}
        return RowHash(prev_hash, type=name_of(found.event), data=event_text(found.event), **columns)
    if found.row is None:
        return None
    columns = {name: found.row[name] for name in _HASHED}
    data = found.row["data"].encode("utf-8", "surrogatepass")
    return RowHash(prev_hash, type=found.row["type"], data=data, **columns)


def event_row(recorded: Recorded, text: bytes) -> dict[str, Any]:
    """A row of `event`; `text` is the event's canonical form."""
    return {
        "seq": recorded.seq,
        "job_id": recorded.job_id,
        "version": recorded.version,
        "type": name_of(recorded.event),
        "schema_version": recorded.schema_version,
        "at": recorded.at,
        "actor": recorded.actor,
        "channel": recorded.channel,
        "command_id": recorded.command_id,
        "epoch": recorded.epoch,
        "data": text.decode(),
        "prev_hash": recorded.prev_hash,
        "hash": recorded.hash,
    }


def recorded_from(row: Mapping[str, Any]) -> Recorded:
    """The event in a row. Raises UnknownEvent or ValueError if this code cannot read it."""
    return Recorded(
        row["seq"],
        row["job_id"],
        row["version"],
        row["epoch"],
        row["at"],
        row["actor"],
        row["channel"],
        row["command_id"],
        event_from(row["type"], row["schema_version"], json.loads(row["data"])),
        row["schema_version"],
        bytes(row["prev_hash"]),
        bytes(row["hash"]),
    )


def job_row(job: Job) -> dict[str, Any]:
    """A row of `job`."""
    return {**_job_columns(job), "body": job_text(job).decode()}


def _job_columns(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "version": job.version,
        "state": str(job.state),
        "epoch": job.epoch,
        "spec_hash": job.spec.hash,
    }


def job_from_row(row: Mapping[str, Any]) -> Job:
    """The projected job in a row. Raises ValueError if its body cannot be read or says other than its columns."""
    try:
        job = _job_of(row["body"])
    except (ValueError, RecursionError) as error:
        raise ValueError("its body is not that of a job") from error
    if _job_columns(job) != {name: row[name] for name in row if name != "body"}:
        raise ValueError("its columns say other than its body")
    return job


@lru_cache(maxsize=2048)
def _job_of(body: str) -> Job:
    """Kept, since whoever lists jobs reads the same rows again and again, and reading one takes 60 µs."""
    return job_from(json.loads(body))


def command_row(command: Command, result: Result) -> dict[str, Any]:
    """A row of `command`."""
    topic, partition, offset = command.position or (None, None, None)
    return {
        "command_id": command.id,
        "payload_hash": command_hash(command),
        "job_id": _storable(command.job_id, JOB_ID_CHARS_MAX),
        "verb": command.verb.name,
        "channel": command.channel,
        "actor": _storable(command.actor),
        "at": command.at,
        "outcome": str(result.outcome),
        "code": result.code,
        "message": None if result.message is None else _storable(result.message),
        "result": _result_text(result),
        "seq": result.seq,
        "reply_to": command.reply_to,
        "topic": topic,
        "topic_partition": partition,
        "topic_offset": offset,
    }


def _storable(text: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """A refused command's own words, as far as a database can keep them: no NUL, no lone surrogate, not endless."""
    return text[:chars_max].replace("\0", "").encode("utf-8", "replace").decode()


def _result_text(result: Result) -> str:
    """As JSON that can be read again: a lone surrogate, which JSON could spell, no reader would take."""
    said = json.dumps(_RESULT.dump_python(result, mode="json"), sort_keys=True, ensure_ascii=False)
    return said.encode("utf-8", "replace").decode()


def result_from(text: str) -> Result:
    """The first answer to a command, as it was given."""
    return _RESULT.validate_json(text)
