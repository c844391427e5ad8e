"""Several jobs at once: the plan first, then one answer each, under one batch id."""

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from slackwater.core.commands import Verb

from ..api import Admin
from ..errors import SlackwaterError
from .asks import MEANS, VERBS
from .context import admin_of, web_of
from .form import Form, form_of
from .problems import WebError, status_of
from .templates import page

BULK_VERBS: Final = ("pause", "resume", "start", "stop")

Asking = Annotated[Admin, Depends(admin_of)]
Sent = Annotated[Form, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.get("/bulk")
def plan_page(
    request: Request, admin: Asking, verb: str = "", name: Annotated[list[str] | None, Query()] = None
) -> Response:
    """What would become of each. Nothing is recorded and nothing moves."""
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
    if verb not in BULK_VERBS:
        raise WebError("no_such_page", f"nothing here is called {verb[:40]!r}", status=404)
    try:
        return VERBS[verb](form)
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
        means=MEANS[verb],
        # What becomes of a protected job once its name is typed, not that it must be.
        plan=admin.ask_each(names, asked, dry_run=True, yes_protected=names),
        protected=[job.id for job in web_of(request).store.jobs() if job.id in names and job.spec.is_protected],
        form=form,
        error=error,
        batch_id=uuid.uuid4().hex,
    )
