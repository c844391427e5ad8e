"""GET /api/v1/jobs: what is, page by page."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request

from ..api import Admin
from ..event_view import is_ack, shown
from ..job_views import JobDetails
from ..questions import listed_jobs
from .answers import HistoryPage, JobPage, ObservationPage, PageTokens, listed, need_caller
from .context import admin_of, web_of
from .observer import INTERVAL_S
from .problems import described

PAGE_SIZE: Final = 100
PAGE_SIZE_MAX: Final = 1000

Asking = Annotated[Admin, Depends(admin_of)]
PageSize = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="At most so many on one page.")]
PageToken = Annotated[str | None, Query(description="`next_page_token` of the answer before, with the same question.")]

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=described())


@router.get("")
def list_jobs(
    request: Request,
    admin: Asking,
    selector: Annotated[str | None, Query(description="By labels: team=payments,tier!=test,zone in (eu,us).")] = None,
    page_size: PageSize = PAGE_SIZE,
    page_token: PageToken = None,
) -> JobPage:
    """Jobs by name, with the lag and rate that were last seen."""
    web = web_of(request)
    tokens = PageTokens(web.signer, need_caller(request.state.caller), {"of": "jobs", "selector": selector})
    after = tokens.read(page_token) if page_token is not None else ""
    # Before the jobs: whoever streams from here sees again what the list may already show, and misses nothing.
    seq = admin.store.head().seq
    found, unreadable = listed_jobs(admin.store, selector)
    later = [status for status in found if status.name > after]
    page = later[:page_size]
    left_out = unreadable if selector is None and page_token is None else ()
    following = tokens.make(page[-1].name) if len(later) > page_size else None
    return JobPage(tuple(listed(status, web.observer) for status in page), left_out, following, seq)


@router.get("/{name}")
def get_job(request: Request, name: str, admin: Asking) -> JobDetails:
    """Everything about one job."""
    # Whether Kafka answers is found out beside this request, which waits for no broker that did not answer the last.
    web_of(request).observer.watch([name])
    return admin.get_job_details(name)


@router.get("/{name}/history")
def get_history(
    request: Request,
    name: str,
    admin: Asking,
    since: Annotated[int, Query(ge=0, le=2**31 - 1, description="Only events after this version.")] = 0,
    acks: Annotated[bool, Query(description="The workers' acks too.")] = False,
    page_size: PageSize = PAGE_SIZE,
    page_token: PageToken = None,
) -> HistoryPage:
    """The job's events in order; one that cannot be read stands in its place. A page without the acks may be shorter than
    asked, and not be the last."""
    query = {"of": "history", "name": name, "since": since, "acks": acks}
    tokens = PageTokens(web_of(request).signer, need_caller(request.state.caller), query)
    after = tokens.read(page_token) if page_token is not None else since
    found = admin.history(name, after, page_size)
    following = tokens.make(found[-1].version) if len(found) == page_size else None
    return HistoryPage(tuple(shown(recorded) for recorded in found if acks or not is_ack(recorded)), following)


@router.get("/{name}/observations")
def get_observations(request: Request, name: str, admin: Asking) -> ObservationPage:
    """Lag and rate of the last minutes. Asking for them has the job looked at more often for a while."""
    admin.get_job_status(name)
    observer = web_of(request).observer
    observer.watch([name])
    return ObservationPage(INTERVAL_S, observer.kept(name))
