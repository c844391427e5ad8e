"""Several jobs at once: the plan first, then one answer each, under one batch id."""

import uuid
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from slackwater.core.commands import Verb
from slackwater.core.control.expire import DEADLINE_S
from slackwater.core.control.resume import UNTIL_LAG

from ..api import Admin
from ..errors import SlackwaterError
from .asks import MEANS, VERBS
from .context import admin_of, web_of
from .form import Form, NotANumber, form_of
from .problems import WebError, status_of
from .templates import page, query

MEANS_OF_MANY: Final = MappingProxyType(
    {
        "pause": "Everything they took is committed, and they take nothing more until the hold is let go.",
        "resume": "The hold is let go. Those that have none left continue exactly where they stood.",
        "start": "Workers join and the jobs run from where they stand.",
        "stop": "The jobs finish what they took and give their partitions up. A later start continues there.",
    }
)
"""Verb → what it does to several jobs."""
LIST_QUERY: Final = ("q", "selector", "state", "sort", "dir", "page")
"""What a list's address says, and its form repeats."""

Asking = Annotated[Admin, Depends(admin_of)]
Sent = Annotated[Form, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.get("/bulk")
def plan_page(
    request: Request, admin: Asking, verb: str = "", name: Annotated[list[str] | None, Query()] = None
) -> Response:
    """What would become of each. Nothing is recorded and nothing moves. Nothing chosen: back to the list, which says so."""
    if not name:
        _read(verb, Form([]))
        came_from = {key: value for key, value in request.query_params.items() if key in LIST_QUERY}
        return RedirectResponse(f"/?{query(**came_from, unchosen=verb)}#list", 303)
    return _plan(request, admin, verb, tuple(dict.fromkeys(name or ())), Form([]))


@router.post("/bulk")
def do(request: Request, admin: Asking, form: Sent) -> Response:
    """Ask them all; each is answered for itself. The same form again is answered as the first time.

    A protected job whose name was not typed is refused by the desk like at every other door, and the others go on.
    """
    verb, names = form.text("verb") or "", form.every("name")
    try:
        asked = _read(verb, form)
    except SlackwaterError as error:
        return _plan(request, admin, verb, names, form, error)
    typed, batch_id = (form.text("yes_protected") or "").replace(",", " ").split(), form.text("batch_id")
    answers = admin.ask_each(names, asked, batch_id=batch_id, wait=False, yes_protected=typed)
    return page(request, "answers.html", verb=verb, answers=answers, batch_id=batch_id)


def _read(verb: str, form: Form) -> Verb:
    if verb not in MEANS_OF_MANY:
        raise WebError("no_such_page", f"nothing here is called {verb[:40]!r}", status=404)
    try:
        return VERBS[verb](form)
    except NotANumber as error:
        raise WebError("bad_envelope", str(error)) from None
    except ValueError as error:
        raise WebError("bad_until", str(error)) from None


def _plan(
    request: Request, admin: Admin, verb: str, names: tuple[str, ...], form: Form, error: SlackwaterError | None = None
) -> Response:
    asked = _read(verb, Form([]))
    if not names:
        raise WebError("no_jobs", f"choose the jobs to {verb} first", hint="tick them in the list")
    return page(
        request,
        "plan.html",
        200 if error is None else status_of(error),
        verb=verb,
        means=MEANS[verb] if len(names) == 1 else MEANS_OF_MANY[verb],
        deadline_s=DEADLINE_S,
        until_lag=UNTIL_LAG,
        # What becomes of a protected job once its name is typed, not that it must be.
        plan=admin.ask_each(names, asked, dry_run=True, yes_protected=names),
        protected=[job.id for job in web_of(request).store.jobs() if job.id in names and job.spec.is_protected],
        form=form,
        error=error,
        batch_id=uuid.uuid4().hex,
    )
