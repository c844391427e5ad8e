"""POST /api/v1/jobs/{name}/{verb}: the same commands as everywhere, by the same Admin."""

from typing import Any, Final

from fastapi import APIRouter, Response

from slackwater.core.commands import Verb

from ..api import Admin
from ..desk import CommandResult
from .bodies import DeployBody, DrainSaid, KillSaid, OfOne, PauseSaid, ResumeSaid, RollbackSaid, StartSaid, StopSaid
from .command_route import Asking, CommandRoute, Key
from .problems import described


class StartBody(OfOne, StartSaid):
    """Run the job."""


class PauseBody(OfOne, PauseSaid):
    """Hold the job still: for ever, `for` a while, or `until` a time with its zone."""


class ResumeBody(OfOne, ResumeSaid):
    """Let the job go; with `rate_per_s` only so fast, until at most `until_lag` records lie before it."""


class StopBody(OfOne, StopSaid):
    """Give up the partitions and keep the cut."""


class DrainBody(OfOne, DrainSaid):
    """Stop once nothing is open; the jobs there are keep nothing open beyond a batch."""


class KillBody(OfOne, KillSaid):
    """Stop without finishing: what is under way is aborted, and taken again by the next start."""


class RollbackBody(OfOne, RollbackSaid):
    """Go back to the text of `version`, or to the one before."""


ALREADY: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": CommandResult, "description": "It was already so, or it was a dry run"}
}

# A body may be left out: then nothing beyond the verb is said.
_START, _PAUSE, _RESUME, _STOP, _ROLLBACK = StartBody(), PauseBody(), ResumeBody(), StopBody(), RollbackBody()
_DRAIN, _KILL = DrainBody(), KillBody()

router = APIRouter(
    prefix="/api/v1/jobs/{name}",
    tags=["commands"],
    route_class=CommandRoute,
    responses={**described(), **ALREADY},
)


def _answer(result: CommandResult, said: OfOne, response: Response) -> CommandResult:
    """202: accepted, and to be proved; where it stands is at Location. 200: it was already so, or a dry run."""
    response.status_code = 202 if result.changed and not said.dry_run else 200
    response.headers["Location"] = f"/api/v1/jobs/{result.job}"
    return result


def _ask(admin: Admin, name: str, verb: Verb, said: OfOne, key: str | None, response: Response) -> CommandResult:
    result = admin.ask(name, verb, wait=False, command_id=key, **said.beside())
    return _answer(result, said, response)


@router.post("/deploy", status_code=202)
def deploy(name: str, said: DeployBody, admin: Asking, response: Response, key: Key = None) -> CommandResult:
    """Deploy a text under this name; nothing runs until it is started. Another text of a living job is rolled out."""
    result = admin.deploy_job(
        name,
        said.version,
        said.sql,
        said.topic,
        output_topic=said.output_topic,
        holds=said.holds,
        reason=said.reason,
        deadline_s=said.deadline_s,
        wait=False,
        command_id=key,
        **said.beside(),
    )
    return _answer(result, said, response)


@router.post("/start", status_code=202)
def start(name: str, admin: Asking, response: Response, said: StartBody = _START, key: Key = None) -> CommandResult:
    """Run the job, from where it stands."""
    return _ask(admin, name, said.verb(), said, key, response)


@router.post("/pause", status_code=202)
def pause(name: str, admin: Asking, response: Response, said: PauseBody = _PAUSE, key: Key = None) -> CommandResult:
    """Hold the job still. PAUSED is proved later: watch the job, or the stream of events."""
    return _ask(admin, name, said.verb(), said, key, response)


@router.post("/resume", status_code=202)
def resume(name: str, admin: Asking, response: Response, said: ResumeBody = _RESUME, key: Key = None) -> CommandResult:
    """Release one hold, or all. The job runs again once the last is gone."""
    return _ask(admin, name, said.verb(), said, key, response)


@router.post("/stop", status_code=202)
def stop(name: str, admin: Asking, response: Response, said: StopBody = _STOP, key: Key = None) -> CommandResult:
    """Give up the partitions and keep the cut; a later start continues there."""
    return _ask(admin, name, said.verb(), said, key, response)


@router.post("/drain", status_code=202)
def drain(name: str, admin: Asking, response: Response, said: DrainBody = _DRAIN, key: Key = None) -> CommandResult:
    """Stop once nothing is open: today the same as a stop."""
    return _ask(admin, name, said.verb(), said, key, response)


@router.post("/kill", status_code=202)
def kill(name: str, admin: Asking, response: Response, said: KillBody = _KILL, key: Key = None) -> CommandResult:
    """Stop without finishing what is under way. Overtakes a stop."""
    return _ask(admin, name, said.verb(), said, key, response)


@router.post("/rollback", status_code=202)
def rollback(name: str, admin: Asking, response: Response, said: RollbackBody = _ROLLBACK, key: Key = None) -> CommandResult:
    """Deploy what was deployed before; a living job is rolled back at its own cut."""
    return _ask(admin, name, said.verb(), said, key, response)
