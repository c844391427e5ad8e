"""How the body of a command is read: strictly, and what cannot be read is refused and recorded, as at every door."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar, Final

from fastapi import Depends, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from slackwater.core.policy.policy import POLICY_ID
from slackwater.streams.control.strict_json import BadMessage, parse_object

from ..api import Admin
from .context import admin_of

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
_NOT_JSON: Final = BadMessage("bad_envelope", "the body is not said to be JSON", "send Content-Type: application/json")


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


class CommandRoute(APIRoute):
    """A command about the job in the path; where the path names none, about `about`."""

    about: ClassVar = ""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI."""
        handle = super().get_route_handler()

        async def read_strictly(request: Request) -> Response:
            try:
                return await handle(_StrictRequest(request.scope, request.receive))
            except _Unparsed as error:
                refused = error.bad
            except RequestValidationError as error:
                refused = _misfit(error) if _is_json(request) else _NOT_JSON
            except BadMessage as bad:
                refused = bad
            name = request.path_params.get("name", self.about)
            words = (refused.code, refused.message, refused.hint)
            raise await run_in_threadpool(admin_of(request).turn_away, name, *words)

        return read_strictly


class PolicyRoute(CommandRoute):
    """A command about the policy."""

    about = POLICY_ID


def _is_json(request: Request) -> bool:
    return "json" in request.headers.get("content-type", "")


def _misfit(error: RequestValidationError) -> BadMessage:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return BadMessage("bad_envelope", f"{where[:100]}: {first['msg']}", "see /openapi.json")
