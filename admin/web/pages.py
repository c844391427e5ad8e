"""The page that lists the jobs."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from slackwater.core.control.verdicts import LEGAL_VERBS
from slackwater.core.observation import FRESH_S
from slackwater.core.states import JobState

from ..api import Admin
from ..desk import translated
from ..errors import InvalidCommand
from ..job_views import JobStatus
from ..questions import listed_jobs
from .answers import listed
from .asks import MEANS
from .context import admin_of, web_of
from .looks import Look, look_of
from .ordering import Order, order_of
from .templates import page

JOBS_ON_A_PAGE: Final = 100
SORTS: Final[Mapping[str, Callable[[JobStatus], Any]]] = MappingProxyType(
    {
        "state": lambda job: tuple(JobState).index(job.state),
        "job": lambda job: job.name,
        "since": lambda job: job.since,
        "lag": lambda job: job.lag,
        "rate": lambda job: job.records_per_s,
    }
)
"""Columns that the list can be put in order by, and by what of a job."""

Asking = Annotated[Admin, Depends(admin_of)]
PageNumber = Annotated[int, Query(ge=1, le=10_000, alias="page")]
Sorted = Annotated[Order, Depends(order_of)]
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A job in the list: the verbs that are legal now, and the one of them that lies nearest."""

    job: JobStatus
    look: Look
    verbs: tuple[str, ...]
    action: str | None


@router.get("/")
def list_page(
    request: Request,
    admin: Asking,
    order: Sorted,
    q: str = "",
    selector: str = "",
    state: str = "",
    number: PageNumber = 1,
    unchosen: str = "",
) -> Response:
    """Every job at a glance: what is held still and why comes first."""
    web = web_of(request)
    with translated():
        seq = web.store.head().seq
    found: Sequence[JobStatus] = ()
    unreadable: tuple[str, ...] = ()
    wrong = None
    try:
        found, unreadable = listed_jobs(admin.store, selector or None)
    except InvalidCommand as error:
        # A selector being typed must not take the page away.
        wrong = error
    found = [status for status in found if q.lower() in status.name]
    chosen = [status for status in found if state in {"", status.state}]
    if order.column in SORTS:
        chosen = order.of((listed(status, web.observer) for status in chosen), SORTS[order.column])
    first = (number - 1) * JOBS_ON_A_PAGE
    shown = chosen[first : first + JOBS_ON_A_PAGE]
    # Where workers told just now, their word is good enough for a row.
    web.observer.watch(status.name for status in shown if _is_stale(status))
    return page(
        request,
        "jobs.html",
        seq=seq,
        rows=[_row(listed(status, web.observer)) for status in shown],
        unreadable=unreadable if not (selector or state or q) else (),
        total=len(chosen),
        first=first,
        number=number,
        pages=max(-(-len(chosen) // JOBS_ON_A_PAGE), 1),
        counts=_counts(found),
        held=[status for status in found if status.state in {JobState.PAUSED, JobState.PAUSING}],
        failed=[status for status in found if status.state is JobState.FAILED],
        q=q,
        selector=selector,
        state=state,
        order=order,
        place={"q": q, "selector": selector, "state": state, **order.asked},
        unchosen=unchosen if unchosen in MEANS else "",
        wrong=wrong,
    )


def _is_stale(status: JobStatus) -> bool:
    return status.lag_at is None or (datetime.now(UTC) - status.lag_at).total_seconds() > FRESH_S


def _row(job: JobStatus) -> Row:
    let_go = ("resume",) if job.holds and job.state is not JobState.STOPPING else ()
    verbs = tuple(dict.fromkeys((*LEGAL_VERBS[job.state], *let_go)))
    return Row(job, look_of(job.state), verbs, nearest(job.state, bool(job.holds)))


def nearest(state: JobState, is_held: bool) -> str | None:
    """The verb that somebody most likely came for."""
    if is_held and state is not JobState.STOPPING:
        return "resume"
    return next((verb for verb in ("pause", "start") if verb in LEGAL_VERBS[state]), None)


def _counts(found: Iterable[JobStatus]) -> list[tuple[JobState, int]]:
    by_state = Counter(status.state for status in found)
    return [(state, by_state[state]) for state in JobState if by_state[state]]
