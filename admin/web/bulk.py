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
    """Ask them all; each is answered for itself. The same form again is answered as the first time."""
    verb, names = form.text("verb") or "", form.every("name")
    try:
        asked = _read(verb, form)
        _check_protected(request, names, form)
    except SlackwaterError as error:
        return _plan(request, admin, verb, names, form, error)
    answers = admin.ask_each(names, asked, batch_id=form.text("batch_id"), wait=False, yes_protected=names)
    return page(request, "answers.html", verb=verb, answers=answers, batch_id=form.text("batch_id"))


def _read(verb: str, form: Form) -> Verb:
    if verb not in BULK_VERBS:
        raise WebError("no_such_page", f"nothing here is called {verb[:40]!r}", status=404)
    try:
        return VERBS[verb](form)
    except ValueError as error:
        raise WebError("bad_until", str(error)) from None


def _check_protected(request: Request, names: tuple[str, ...], form: Form) -> None:
    wanted = _protected(request, names)
    if wanted and form.text("typed_name") != str(len(names)):
        message = f"{', '.join(wanted)}: protected; type how many jobs you move ({len(names)})"
        raise WebError("protected", message, status=409)


def _protected(request: Request, names: tuple[str, ...]) -> list[str]:
    known = {job.id for job in web_of(request).store.jobs() if job.spec.is_protected}
    return [name for name in names if name in known]


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
        plan=admin.ask_each(names, asked, dry_run=True, yes_protected=names),
        protected=_protected(request, names),
        form=form,
        error=error,
        batch_id=uuid.uuid4().hex,
    )
