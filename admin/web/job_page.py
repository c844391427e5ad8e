"""The page of one job: where it is, how it came there, and what may be asked of it now."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from slackwater.core.control.verdicts import legal_verbs
from slackwater.core.events import name_of
from slackwater.core.job import Job
from slackwater.core.observation import FRESH_S, NOTHING, Observed, by_job
from slackwater.core.recorded import Recorded
from slackwater.persistence.errors import StoreError

from ..api import Admin
from ..desk import translated
from ..details import unreadable_of
from ..errors import NotFound
from ..job_views import metrics_of, next_deadline, status_of
from . import diagram
from .answers import listed
from .context import admin_of, web_of
from .looks import look_of
from .observer import Observer, Places
from .pages import nearest
from .partitions import STILL, lag_of, places_of
from .templates import page
from .timeline import EVENTS_ON_A_PAGE, timeline

VERBS: Final = ("pause", "resume", "start", "stop", "kill", "rollback")
_RARE: Final = frozenset({"kill", "rollback"})

Asking = Annotated[Admin, Depends(admin_of)]
router = APIRouter(include_in_schema=False)


@router.get("/jobs/{name}")
def job_page(
    request: Request,
    name: str,
    admin: Asking,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    command: str | None = None,
) -> Response:
    """What the log says, what its workers told, and what the observer saw; Kafka is not asked in here."""
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
    web.observer.open(name)
    now = datetime.now(UTC)
    observed = by_job(web.store.observations(name)).get(name, NOTHING)
    status = listed(status_of(job, observed, now), web.observer)
    seen = _last_look(observed, web.observer.places(name))
    alive = observed.alive(now)
    owners = {(at.topic, at.partition): worker for worker, body in alive for at in body.offsets}
    places = places_of(job, seen.partitions if seen else (), owners)
    last = job.version if before is None else min(before - 1, job.version)
    since = max(last - EVENTS_ON_A_PAGE, 0)
    events = admin.history(name, since, last - since)
    with translated():
        life = web.store.life(name, job.version, 1)
        unreadable = unreadable_of(web.store, job, life)
    return page(
        request,
        "job.html",
        seq=seq,
        job=job,
        status=status,
        look=look_of(job.state),
        verbs=_verbs(job),
        nearest=nearest(job.state, bool(job.holds)),
        places=places,
        lag=lag_of(places),
        seen_at=seen.at if seen else None,
        is_old=seen is not None and (now - seen.at).total_seconds() > FRESH_S,
        workers=sorted(worker for worker, _ in alive),
        figures=metrics_of(life, observed, now),
        horizon_s=_horizon_s(job, observed, web.observer, now),
        next_deadline=next_deadline(job),
        group=web.kafka.group_of(name) if web.kafka else None,
        timeline=timeline(events),
        older=since + 1 if since else None,
        is_newest=last == job.version,
        unreadable=unreadable,
        became=became if became and became.job_id == name else None,
        boxes=diagram.boxes(job.state),
        ways=diagram.ways([name_of(one.event) for one in events if isinstance(one, Recorded)]),
        size=(diagram.WIDTH, diagram.HEIGHT, *diagram.NODE),
    )


def _last_look(observed: Observed, here: Places | None) -> Places | None:
    """The keeper of vigil's or our own, whichever is newer."""
    if observed.seen is None or observed.seen_at is None or (here is not None and here.at > observed.seen_at):
        return here
    return Places(observed.seen_at, observed.seen.partitions)


def _horizon_s(job: Job, observed: Observed, observer: Observer, now: datetime) -> float | None:
    """Seconds until retention may delete what it has not read; None while nothing is in danger, or if nobody looked."""
    ours = observer.horizon(job.id)
    told = (observed.seen_at, observed.seen.horizon_s) if observed.seen and observed.seen_at else None
    looks = [*([told] if told else []), *([(ours.at, ours.left_s)] if ours else [])]
    at, left_s = max(looks, key=lambda look: look[0], default=(now, None))
    return max(left_s - (now - at).total_seconds(), 0.0) if left_s is not None and job.state in STILL else None


def _verbs(job: Job) -> list[tuple[str, bool]]:
    """Each with whether it is legal now; what is rare only where it is."""
    legal = legal_verbs(job)
    return [(verb, verb in legal) for verb in VERBS if verb in legal or verb not in _RARE]


def _unreadable_page(request: Request, admin: Admin, name: str, seq: int) -> Response:
    """A job that a newer Slackwater wrote: its events as they are, and nothing that could move it."""
    (last,) = admin.audit("SELECT max(version) FROM events WHERE job_id = :name", {"name": name}).rows[0]
    events = admin.history(name, max((last or 0) - EVENTS_ON_A_PAGE, 0), EVENTS_ON_A_PAGE)
    return page(request, "unreadable.html", seq=seq, name=name, timeline=timeline(events))
