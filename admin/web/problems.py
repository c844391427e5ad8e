"""Errors as HTTP says them: a status, and for programs `application/problem+json` with the fields of every other surface."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, Self

from fastapi.responses import JSONResponse
from pydantic import BaseModel

from .. import errors

MEDIA_TYPE: Final = "application/problem+json"


class WebError(errors.SlackwaterError):
    """What only this door refuses; `status` is HTTP's."""

    def __init__(self, code: str, message: str, *, status: int = 400, hint: str | None = None) -> None:
        super().__init__(code, message, hint=hint)
        self.status = status


class ErrorSaid(BaseModel):
    """An error, in the fields of every surface."""

    code: str
    message: str
    hint: str | None = None
    job: str | None = None
    state: str | None = None
    command_id: str | None = None
    legal: tuple[str, ...] = ()


class Problem(ErrorSaid):
    """RFC 9457, and beside it the fields of every surface."""

    type: str
    title: str
    status: int
    detail: str

    @classmethod
    def of(cls, error: errors.SlackwaterError) -> Self:
        """The problem that an error is."""
        status = status_of(error)
        return cls(
            type=f"urn:slackwater:{error.code}",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=error.message,
            **error.as_json()["error"],
        )


_BY_CODE: Final[Mapping[str, int]] = MappingProxyType(
    {"command_id_reused": 422, "too_large": 413, "unknown_event": 409, "job_row_differs": 409}
)
"""What stands in the log and cannot be read is no fault of whoever asks."""
_BY_CLASS: Final[Mapping[type[errors.SlackwaterError], int]] = MappingProxyType(
    {
        errors.NotFound: 404,
        errors.InvalidCommand: 400,
        errors.Usage: 400,
        errors.Refused: 409,
        # It is the server that was not let in, not whoever asks it.
        errors.NotAllowed: 503,
        errors.Unavailable: 503,
        errors.Timeout: 504,
        errors.SlackwaterError: 500,
    }
)
"""The nearest class counts."""


def status_of(error: errors.SlackwaterError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, WebError):
        return error.status
    return _BY_CODE.get(error.code) or next(_BY_CLASS[kind] for kind in type(error).__mro__ if kind in _BY_CLASS)


def problem(error: errors.SlackwaterError) -> JSONResponse:
    """The answer to a program."""
    said = Problem.of(error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(said.status)
    return JSONResponse(said.model_dump(mode="json"), said.status, headers, MEDIA_TYPE)


def internal() -> errors.SlackwaterError:
    """What is said of an error that nobody foresaw: nothing of what was inside."""
    return errors.SlackwaterError("internal", "something went wrong in here; the server's log has it")


def described() -> dict[int | str, dict[str, Any]]:
    """Every operation's answer for what goes wrong, for the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"default": {"description": "What went wrong", "content": {MEDIA_TYPE: {"schema": schema}}}}
