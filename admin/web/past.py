"""The jobs as they were: GET /api/v1/state-as-of, and the same as a page."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from ..api import Admin
from ..as_of import StateAsOf
from ..desk import translated
from ..errors import InvalidCommand, SlackwaterError
from .context import admin_of, web_of
from .problems import described, status_of
from .templates import page

TIME_HINT: Final = "like 2026-11-24T03:00Z, or 2026-11-24T04:00%2B01:00 in an address"
DIGITS_MAX: Final = 18
Asking = Annotated[Admin, Depends(admin_of)]
router = APIRouter()


@router.get("/api/v1/state-as-of", tags=["jobs"], responses=described())
def state_as_of(
    admin: Asking,
    seq: Annotated[int | None, Query(ge=0, le=2**62, description="The number of an event; 0: before the first.")] = None,
    time: Annotated[str | None, Query(description="RFC 3339, with a zone: the last event recorded at or before it.")] = None,
    job: Annotated[list[str] | None, Query(description="Only these jobs.")] = None,
    selector: Annotated[str | None, Query(description="By the labels of then: team=payments,tier!=test.")] = None,
) -> StateAsOf:
    """The jobs as folded from the first events of the log, with where and when that was. One of `seq` and `time`."""
    moment = seq if time is None else _parsed(time)
    if moment is None or (seq is not None and time is not None):
        raise InvalidCommand("bad_time", "as of which moment?", hint="one of seq and time")
    return admin.state_as_of(moment, job or (), selector)


@router.get("/as-of", include_in_schema=False)
def past_page(request: Request, admin: Asking, moment: str = "", selector: str = "") -> Response:
    """The list of jobs as it was; the address goes on saying the same."""
    with translated():
        head = web_of(request).store.head().seq
    found: StateAsOf | None = None
    error = None
    try:
        found = admin.state_as_of(said_moment(moment) if moment.strip() else head, (), selector or None)
    except SlackwaterError as wrong:
        error = wrong
    known: dict[str, Any] = {"seq": head, "moment": moment, "selector": selector, "found": found, "error": error}
    return page(request, "as_of.html", 200 if error is None else status_of(error), **known)


def said_moment(text: str) -> int | datetime:
    """The number of an event, or a time, which on a page is UTC unless it says otherwise."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
        return int(text)
    at = _parsed(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidCommand("bad_time", f"that is no time: {text[:40]!r}", hint=TIME_HINT) from None
