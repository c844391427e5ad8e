"""POST /api/v1/batches/{verb}: one verb for many jobs, an answer each, under one batch id."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Response

from slackwater.core.commands import Verb

from ..api import Admin
from ..bulk import chosen_names, row_of
from ..desk import CommandResult
from .bodies import DrainSaid, KillSaid, OfMany, PauseSaid, ResumeSaid, RollbackSaid, StartSaid, StopSaid
from .command_route import Asking, CommandRoute, Key
from .problems import ErrorSaid, described


class StartBatch(OfMany, StartSaid):
    """Run the jobs."""


class PauseBatch(OfMany, PauseSaid):
    """Hold the jobs still: for ever, `for` a while, or `until` a time with its zone."""


class ResumeBatch(OfMany, ResumeSaid):
    """Let the jobs go; with `rate_per_s` each only so fast, until at most `until_lag` records lie before it."""


class StopBatch(OfMany, StopSaid):
    """Give up the partitions and keep the cut of each."""


class DrainBatch(OfMany, DrainSaid):
    """Stop the jobs once nothing is open; those there are keep nothing open beyond a batch."""


class KillBatch(OfMany, KillSaid):
    """Stop the jobs without finishing what is under way."""


class RollbackBatch(OfMany, RollbackSaid):
    """Go back to the text of `version`, or to the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(CommandResult):
    """What the verb came to for one job."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class NotMoved:
    """Why the verb came to nothing for one job. The others went on."""

    job: str
    batch_id: str
    error: ErrorSaid


Answers = list[Moved | NotMoved]
SOME: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Answers, "description": "No job was moved, or it was a dry run"}
}
router = APIRouter(prefix="/api/v1/batches", tags=["commands"], route_class=CommandRoute, responses={**described(), **SOME})


def _ask(admin: Admin, verb: Verb, said: OfMany, key: str | None, response: Response) -> Any:
    """202: some were accepted, and are to be proved. The job's command has the id `<batch_id>/<job>`."""
    turn_away = None if said.dry_run else admin.turn_away
    names = chosen_names(admin, said.names, said.selector, every=said.all, turn_away=turn_away)
    answers = admin.ask_each(
        names, verb, batch_id=key or uuid.uuid4().hex, wait=False, dry_run=said.dry_run, yes_protected=said.yes_protected
    )
    is_some = any(answer.result is not None and answer.result.changed for answer in answers)
    response.status_code = 202 if is_some and not said.dry_run else 200
    return [row_of(answer) for answer in answers]


@router.post("/start", status_code=202, response_model=Answers)
def start_many(admin: Asking, response: Response, said: StartBatch, key: Key = None) -> Any:
    """Run jobs, from where they stand."""
    return _ask(admin, said.verb(), said, key, response)


@router.post("/pause", status_code=202, response_model=Answers)
def pause_many(admin: Asking, response: Response, said: PauseBatch, key: Key = None) -> Any:
    """Hold jobs still."""
    return _ask(admin, said.verb(), said, key, response)


@router.post("/resume", status_code=202, response_model=Answers)
def resume_many(admin: Asking, response: Response, said: ResumeBatch, key: Key = None) -> Any:
    """Release one hold of each job, or all."""
    return _ask(admin, said.verb(), said, key, response)


@router.post("/stop", status_code=202, response_model=Answers)
def stop_many(admin: Asking, response: Response, said: StopBatch, key: Key = None) -> Any:
    """Give up the partitions and keep the cuts; a later start continues there."""
    return _ask(admin, said.verb(), said, key, response)


@router.post("/drain", status_code=202, response_model=Answers)
def drain_many(admin: Asking, response: Response, said: DrainBatch, key: Key = None) -> Any:
    """Stop once nothing is open: today the same as a stop."""
    return _ask(admin, said.verb(), said, key, response)


@router.post("/kill", status_code=202, response_model=Answers)
def kill_many(admin: Asking, response: Response, said: KillBatch, key: Key = None) -> Any:
    """Stop without finishing what is under way."""
    return _ask(admin, said.verb(), said, key, response)


@router.post("/rollback", status_code=202, response_model=Answers)
def rollback_many(admin: Asking, response: Response, said: RollbackBatch, key: Key = None) -> Any:
    """Deploy what was deployed before; a living job is rolled back at its own cut."""
    return _ask(admin, said.verb(), said, key, response)
