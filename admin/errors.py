"""What the admin API raises. "Already so" is not an error. Every error has a code, and a hint where one helps."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from slackwater.core.result import Result


class SlackwaterError(Exception):
    """The base: something went wrong, and `code` says what. `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 1
    legal: tuple[str, ...] = ()
    """Of a refusal: the verbs that are legal now."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        job: str | None = None,
        state: str | None = None,
        command_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.job = job
        self.state = state
        self.command_id = command_id

    def as_json(self) -> dict[str, Any]:
        """The error object every surface shows."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "hint": self.hint,
                "job": self.job,
                "state": self.state,
                "command_id": self.command_id,
                "legal": list(self.legal),
            }
        }


class Refused(SlackwaterError):
    """The command is not legal now; `legal` is. Recorded in the log's inbox, nothing moved."""

    exit_code = 3


class InvalidCommand(Refused):
    """The command itself makes no sense: a bad job id, SQL that cannot be a job, an unknown setting."""

    exit_code = 2


class Usage(SlackwaterError):
    """The command line itself cannot be read, or needs a word more."""

    exit_code = 2


class NotFound(SlackwaterError):
    """There is no such job."""

    exit_code = 4


class NotAllowed(SlackwaterError):
    """The database or broker knows who we are and says no."""

    exit_code = 5


class Conflict(Refused):
    """The job has moved on since it was looked at."""


class Timeout(SlackwaterError):
    """The command was accepted, and stands; that it took effect was not seen in time. Asking again is safe."""

    exit_code = 6
    accepted = True


class Unavailable(SlackwaterError):
    """The log or the broker cannot be reached. Nothing is known to be lost."""

    exit_code = 7
    retryable = True


_BY_CODE: Mapping[str, type[SlackwaterError]] = MappingProxyType(
    {
        "no_such_job": NotFound,
        "version_conflict": Conflict,
        "bad_job_id": InvalidCommand,
        "bad_text": InvalidCommand,
        "bad_argument": InvalidCommand,
        "bad_until": InvalidCommand,
        "bad_deadline": InvalidCommand,
        "bad_policy": InvalidCommand,
        "bad_command_id": InvalidCommand,
    }
)


def raise_if_refused(result: Result) -> Result:
    """The result itself, unless it is a refusal."""
    if result.code is None:
        return result
    error = _BY_CODE.get(result.code, Refused)(
        result.code,
        result.message or result.code,
        hint=result.hint,
        job=result.job_id,
        state=result.state,
        command_id=result.command_id,
    )
    error.legal = result.legal
    raise error
