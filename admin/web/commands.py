"""POST /api/v1/jobs/{name}/{verb}: the same commands as everywhere, by the same Admin."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from slackwater.core.commands import Verb
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.streams.control.strict_json import BadMessage, parse_object

from ..api import Admin
from ..desk import CommandResult
from .bodies import DeployBody, PauseBody, ResumeBody, RollbackBody, Said, StartBody, StopBody
from .context import admin_of
from .problems import described


class _Unparsed(HTTPException):
    """FastAPI lets nothing but its own exceptions out of reading a body."""

    def __init__(self, bad: BadMessage) -> None:
        super().__init__(400, bad.message)
        self.bad = bad


class _StrictRequest(Request):
    """Its JSON is read as the control topic's: one object, no duplicate keys, nothing that a log could not keep."""

    async def json(self) -> Any:
        try:
            return parse_object(await self.body())
        except BadMessage as bad:
            raise _Unparsed(bad) from None


class _CommandRoute(APIRoute):
    """A command that cannot be read is refused and recorded, as at every door."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_strictly(request: Request) -> Response:
            try:
                return await handle(_StrictRequest(request.scope, request.receive))
            except _Unparsed as error:
                refused = error.bad
            except RequestValidationError as error:
                refused = _misfit(error)
            name = request.path_params["name"]
            words = (refused.code, refused.message, refused.hint)
            raise await run_in_threadpool(admin_of(request).turn_away, name, *words)

        return read_strictly


def _misfit(error: RequestValidationError) -> BadMessage:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return BadMessage("bad_envelope", f"{where[:100]}: {first['msg']}", "see /openapi.json")


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern="^[!-~]+$",
        description="Id of the command: the same key with the same content is answered with the first result.",
    ),
]
Asking = Annotated[Admin, Depends(admin_of)]
ALREADY: Final[dict[int | str, dict[str, Any]]] = {200: {"model": CommandResult, "description": "It was already so"}}

# A body may be left out: then nothing beyond the verb is said.
_START, _PAUSE, _RESUME, _STOP, _ROLLBACK = StartBody(), PauseBody(), ResumeBody(), StopBody(), RollbackBody()

router = APIRouter(
    prefix="/api/v1/jobs/{name}",
    tags=["commands"],
    route_class=_CommandRoute,
    responses={**described(), **ALREADY},
)


def _answer(result: CommandResult, response: Response) -> CommandResult:
    """202: accepted, and to be proved; where it stands is at Location. 200: it was already so."""
    response.status_code = 202 if result.changed else 200
    response.headers["Location"] = f"/api/v1/jobs/{result.name}"
    return result


def _ask(admin: Admin, name: str, verb: Verb, said: Said, key: str | None, response: Response) -> CommandResult:
    result = admin.ask(name, verb, wait=False, command_id=key, expected_version=said.expected_version)
    return _answer(result, response)


@router.post("/deploy", status_code=202)
def deploy(name: str, said: DeployBody, admin: Asking, response: Response, key: Key = None) -> CommandResult:
    """Deploy a text under this name; nothing runs until it is started. Another text of a living job is rolled out."""
    result = admin.deploy_job(
        name,
        said.version,
        said.sql,
        said.topic,
        holds=said.holds,
        reason=said.reason,
        deadline_s=said.deadline_s,
        wait=False,
        command_id=key,
        expected_version=said.expected_version,
    )
    return _answer(result, response)


@router.post("/start", status_code=202)
def start(name: str, admin: Asking, response: Response, said: StartBody = _START, key: Key = None) -> CommandResult:
    """Run the job, from where it stands."""
    return _ask(admin, name, Start(said.reason, said.deadline_s, said.accept_gap), said, key, response)


@router.post("/pause", status_code=202)
def pause(name: str, admin: Asking, response: Response, said: PauseBody = _PAUSE, key: Key = None) -> CommandResult:
    """Hold the job still. PAUSED is proved later: watch the job, or the stream of events."""
    result = admin.pause_job(
        name,
        reason=said.reason,
        hold=said.hold,
        until=time_of(admin, name, said.until),
        for_s=said.for_s,
        deadline_s=said.deadline_s,
        wait=False,
        command_id=key,
        expected_version=said.expected_version,
    )
    return _answer(result, response)


@router.post("/resume", status_code=202)
def resume(name: str, admin: Asking, response: Response, said: ResumeBody = _RESUME, key: Key = None) -> CommandResult:
    """Release one hold, or all. The job runs again once the last is gone."""
    hold = None if said.all_holds else said.hold
    verb = Resume(said.reason, hold, said.deadline_s, said.accept_gap, said.rate_per_s, said.until_lag)
    return _ask(admin, name, verb, said, key, response)


@router.post("/stop", status_code=202)
def stop(name: str, admin: Asking, response: Response, said: StopBody = _STOP, key: Key = None) -> CommandResult:
    """Give up the partitions and keep the cut; a later start continues there."""
    return _ask(admin, name, Stop(said.reason, said.deadline_s), said, key, response)


@router.post("/rollback", status_code=202)
def rollback(name: str, admin: Asking, response: Response, said: RollbackBody = _ROLLBACK, key: Key = None) -> CommandResult:
    """Deploy what was deployed before; a living job is rolled back at its own cut."""
    return _ask(admin, name, Rollback(said.version, said.reason, said.deadline_s), said, key, response)


def time_of(admin: Admin, name: str, text: str | None) -> datetime | None:
    """When a hold is to end. Raises InvalidCommand `bad_until` for what is no time, and records it."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        hint = "like 2026-11-24T14:30:00+01:00"
        raise admin.turn_away(name, "bad_until", f"until is no RFC 3339 time: {(text or '')[:40]!r}", hint) from None
