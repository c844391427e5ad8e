"""The pages that show: the list of jobs, and one job."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from slackwater.core.control.verdicts import LEGAL_VERBS, legal_verbs
from slackwater.core.job import Job
from slackwater.core.observation import FRESH_S, PartitionLag
from slackwater.core.states import JobState
from slackwater.persistence.errors import StoreError

from ..api import Admin
from ..desk import translated
from ..details import statuses
from ..errors import InvalidCommand, NotFound
from ..job_views import JobStatus
from . import diagram
from .answers import listed
from .context import admin_of, web_of
from .looks import Look, look_of
from .templates import page
from .timeline import EVENTS_ON_A_PAGE, events_of, raw_events_of, timeline

JOBS_ON_A_PAGE: Final = 100
VERBS: Final = ("pause", "resume", "start", "stop", "rollback")

Asking = Annotated[Admin, Depends(admin_of)]
PageNumber = Annotated[int, Query(ge=1, le=10_000, alias="page")]
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A job in the list. `action` is the one verb that lies nearest."""

    job: JobStatus
    look: Look
    action: str | None


@router.get("/")
def list_page(
    request: Request,
    admin: Asking,
    q: str = "",
    selector: str = "",
    state: str = "",
    number: PageNumber = 1,
) -> Response:
    """Every job at a glance: what is held still and why comes first."""
    web = web_of(request)
    with translated():
        seq, unreadable = web.store.head().seq, web.store.unreadable_jobs()
    wrong = None
    try:
        found: Sequence[JobStatus] = admin.list_jobs(selector or None)
    except InvalidCommand as error:
        # A selector being typed must not take the page away.
        found, wrong = (), error
    found = [status for status in found if q.lower() in status.name]
    chosen = [status for status in found if state in {"", status.state}]
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
        wrong=wrong,
    )


def _is_stale(status: JobStatus) -> bool:
    return status.lag_at is None or (datetime.now(UTC) - status.lag_at).total_seconds() > FRESH_S


def _row(job: JobStatus) -> Row:
    return Row(job, look_of(job.state), _nearest(job.state, bool(job.holds)))


def _nearest(state: JobState, is_held: bool) -> str | None:
    """The verb that somebody most likely came for."""
    if is_held and state is not JobState.STOPPING:
        return "resume"
    return next((verb for verb in ("pause", "start") if verb in LEGAL_VERBS[state]), None)


def _counts(found: Iterable[JobStatus]) -> list[tuple[JobState, int]]:
    by_state = Counter(status.state for status in found)
    return [(state, by_state[state]) for state in JobState if by_state[state]]


@router.get("/jobs/{name}")
def job_page(
    request: Request,
    name: str,
    admin: Asking,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    command: str | None = None,
) -> Response:
    """One job: where it is, how it came there, and what may be asked of it now."""
    web = web_of(request)
    with translated():
        seq = web.store.head().seq
        became = web.store.result(command) if command else None
    try:
        job = web.store.job(name)
    except StoreError as error:
        if error.retryable:
            raise
        return _unreadable_page(request, admin, name, seq)
    if job is None:
        raise NotFound("no_such_job", f"there is no job {name}", job=name)
    web.observer.watch([name])
    (status,) = statuses(web.store, (job,))
    last = job.version if before is None else min(before - 1, job.version)
    since = max(last - EVENTS_ON_A_PAGE, 0)
    events, unreadable = events_of(admin, name, since, last - since)
    return page(
        request,
        "job.html",
        seq=seq,
        job=job,
        status=listed(status, web.observer),
        look=look_of(job.state),
        verbs=_verbs(job),
        nearest=_nearest(job.state, bool(job.holds)),
        places=_places(job, web.observer.places(name)),
        is_seen=bool(web.observer.places(name)),
        timeline=timeline(events),
        older=since + 1 if since else None,
        is_newest=last == job.version,
        unreadable=unreadable,
        became=became if became and became.job_id == name else None,
        boxes=diagram.boxes(job.state),
        ways=diagram.ways([event.event for event in events]),
        size=(diagram.WIDTH, diagram.HEIGHT, *diagram.NODE),
    )


def _verbs(job: Job) -> list[tuple[str, bool]]:
    """Each with whether it is legal now; a rollback only where there is something to go back to."""
    legal = legal_verbs(job)
    return [(verb, verb in legal) for verb in VERBS if verb != "rollback" or verb in legal]


def _places(job: Job, seen: Sequence[PartitionLag]) -> list[dict[str, Any]]:
    """Offsets by partition: what was seen on Kafka, and beside it the cut, which the log has."""
    cut = {(at.topic, at.partition): at.offset for at in job.cut}
    looked = {(at.topic, at.partition): {"next": at.offset, "end": at.end, "lag": at.lag} for at in seen}
    return [{"topic": key[0], "partition": key[1], "cut": cut.get(key), **looked.get(key, {})} for key in looked or cut]


def _unreadable_page(request: Request, admin: Admin, name: str, seq: int) -> Response:
    """A job that a newer Slackwater wrote: its events as they are, and nothing that could move it."""
    events = raw_events_of(admin, name, EVENTS_ON_A_PAGE)
    return page(request, "unreadable.html", seq=seq, name=name, timeline=timeline(events))
