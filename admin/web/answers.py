"""What the HTTP API answers with. Field names are those of the Python API."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidCommand
from ..event_view import EventView, UnreadableView
from ..job_views import JobStatus
from .caller import Caller
from .observer import Observation, Observer
from .problems import WebError
from .signed import Signer


@dataclass(frozen=True, slots=True)
class JobPage:
    """`seq` is the log's position just before the jobs were read: a stream of events from there misses nothing."""

    jobs: tuple[JobStatus, ...]
    unreadable: tuple[str, ...]
    """Names of jobs that a newer Slackwater wrote, or whose row was edited; on the first page without a selector."""
    next_page_token: str | None
    seq: int


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Events of one job in version order."""

    events: tuple[EventView | UnreadableView, ...]
    next_page_token: str | None


@dataclass(frozen=True, slots=True)
class ObservationPage:
    """What was seen of one job in the last minutes, oldest first."""

    interval_s: float
    observations: tuple[Observation, ...]


def listed(status: JobStatus, observer: Observer) -> JobStatus:
    """A job's status with what was seen last, here or by a worker."""
    seen = observer.latest(status.name)
    if seen is None or (status.lag_at is not None and status.lag_at > seen.at):
        return status
    return replace(status, lag=seen.lag, lag_at=seen.at, records_per_s=seen.records_per_s)


class PageTokens:
    """Where the next page begins, signed together with the question and who asked it."""

    def __init__(self, signer: Signer, caller: Caller, query: Mapping[str, Any]) -> None:
        self._signer = signer
        self._asked = [caller.actor, *(f"{key}={value}" for key, value in sorted(query.items()))]

    def make(self, at: str | int) -> str:
        """A token that begins after `at`."""
        return self._signer.seal("page", [at, *self._asked])

    def read(self, token: str) -> Any:
        """Where it begins. Raises InvalidCommand `bad_page_token` for one of another question, another caller or nobody."""
        try:
            at, *asked = self._signer.open("page", token)
        except ValueError:
            asked = None
        if asked != self._asked:
            hint = "take next_page_token of the answer before, with the same question"
            raise InvalidCommand("bad_page_token", "this page token was not given for this question", hint=hint)
        return at


def need_caller(caller: Caller | None) -> Caller:
    """The caller of what is not for anybody. Raises WebError `no_token`."""
    if caller is None:
        raise WebError("no_token", "this server is for those who have a token", status=401)
    return caller
