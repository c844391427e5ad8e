"""Asking before anything moves: a page (or dialog) for each verb, and what becomes of its form."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from slackwater.core.commands import Verb
from slackwater.core.control.expire import DEADLINE_S
from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.control.resume import UNTIL_LAG, Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Drain, Kill, Stop
from slackwater.core.duration import HINT, duration_s
from slackwater.core.job import Job

from ..api import Admin
from ..desk import translated
from ..errors import NotFound, SlackwaterError
from .context import admin_of, web_of
from .form import Form, NotANumber, form_of
from .problems import WebError, status_of
from .templates import page

MEANS: Final = MappingProxyType(
    {
        "pause": "Everything it took is committed, and it takes nothing more until the hold is let go.",
        "resume": "The hold is let go. When none is left the job continues exactly where it stood.",
        "start": "Workers join and the job runs from where it stands.",
        "stop": "The job finishes what it took and gives its partitions up. A later start continues there.",
        "drain": "As a stop: the jobs there are keep nothing open beyond a batch, which a stop finishes too.",
        "kill": "What is under way is aborted, not finished. A later start takes it again.",
        "rollback": "What was deployed before is deployed again; a living job goes on at its own cut.",
    }
)
Asking = Annotated[Admin, Depends(admin_of)]
Sent = Annotated[Form, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.get("/jobs/{name}/{verb}")
def ask_page(request: Request, name: str, verb: str, hold: str | None = None) -> Response:
    """What would be done, and the form that does it."""
    return _page(request, _job(request, name), verb, Form([("hold", hold or "")]))


@router.post("/jobs/{name}/{verb}")
def do(request: Request, name: str, verb: str, admin: Asking, form: Sent) -> Response:
    """Ask the command and go to the job's page. Refused, the form comes back with the reason and what it said."""
    job = _job(request, name)
    try:
        _known(verb)
        result = admin.ask(name, _verb(admin, name, verb, form), wait=False, **beside(form))
    except SlackwaterError as error:
        return _page(request, job, verb, form, error)
    return go(request, f"/jobs/{name}?command={result.command_id}")


def beside(form: Form) -> dict[str, str | None]:
    """What a form says beside its verb."""
    return {"command_id": form.text("command_id"), "yes_protected": form.text("yes_protected")}


def go(request: Request, where: str) -> Response:
    """To another page of ours; also out of a dialog."""
    if "hx-request" in request.headers:
        return Response(status_code=200, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)


def _job(request: Request, name: str) -> Job:
    with translated():
        job = web_of(request).store.job(name)
    if job is None:
        raise NotFound("no_such_job", f"there is no job {name}", job=name)
    return job


def _known(verb: str) -> str:
    if verb not in VERBS:
        raise WebError("no_such_page", f"nothing here is called {verb[:40]!r}", status=404)
    return verb


def _page(request: Request, job: Job, verb: str, form: Form, error: SlackwaterError | None = None) -> Response:
    _known(verb)
    return page(
        request,
        "ask.html",
        200 if error is None else status_of(error),
        job=job,
        verb=verb,
        means=MEANS[verb],
        deadline_s=DEADLINE_S,
        until_lag=UNTIL_LAG,
        form=form,
        error=error,
        # A form that is sent again after it was refused is another command.
        command_id=uuid.uuid4().hex,
    )


def _verb(admin: Admin, name: str, verb: str, form: Form) -> Verb:
    try:
        return VERBS[verb](form)
    except NotANumber as error:
        raise admin.turn_away(name, "bad_envelope", str(error)) from None
    except ValueError as error:
        raise admin.turn_away(name, "bad_until", str(error), HINT) from None


def _deadline_s(form: Form) -> int:
    said = form.number("deadline_s")
    return DEADLINE_S if said is None else said


def _pause(form: Form) -> Pause:
    lasts, until = form.text("for"), form.text("until")
    # A time without a zone is UTC, as the field says.
    at = datetime.fromisoformat(until) if until else None
    at = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    for_s = duration_s(lasts) if lasts else None
    return Pause(form.text("reason"), form.text("hold") or OPERATOR, _deadline_s(form), at, for_s)


def _resume(form: Form) -> Resume:
    hold, rate, lag = form.text("hold") or OPERATOR, form.number("rate_per_s"), form.number("until_lag")
    return Resume(
        form.text("reason"),
        None if form.flag("all_holds") else hold,
        _deadline_s(form),
        form.flag("accept_gap"),
        rate,
        UNTIL_LAG if lag is None else lag,
    )


VERBS: Final[Mapping[str, Callable[[Form], Verb]]] = MappingProxyType(
    {
        "pause": _pause,
        "resume": _resume,
        "start": lambda form: Start(form.text("reason"), _deadline_s(form), form.flag("accept_gap")),
        "stop": lambda form: Stop(form.text("reason"), _deadline_s(form)),
        "drain": lambda form: Drain(form.text("reason"), _deadline_s(form)),
        "kill": lambda form: Kill(form.text("reason"), _deadline_s(form)),
        "rollback": lambda form: Rollback(form.text("version"), form.text("reason"), _deadline_s(form)),
    }
)
"""What a page can ask. A text is deployed from a file or by the API: there is no SQL editor here."""
