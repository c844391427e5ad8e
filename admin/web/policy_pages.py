"""The page of the policy: for which jobs pausing is on, which windows come, and asking before either is changed."""

import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from slackwater.core.duration import duration_s
from slackwater.core.policy.flag import MODES, OTHERWISE, Flag
from slackwater.core.policy.policy import POLICY_ID, Policy
from slackwater.core.policy.verbs import PolicyVerb, RemoveWindow, SetFlag, SetWindow
from slackwater.core.policy.window import ZONE, Window

from ..api import Admin
from ..desk import translated
from ..errors import SlackwaterError
from ..policy import flag_text
from .asks import go
from .context import admin_of, web_of
from .form import Form, form_of
from .problems import WebError, status_of
from .templates import page
from .timeline import EVENTS_ON_A_PAGE, events_of, timeline

MEANS: Final = MappingProxyType(
    {
        "set_flag": "From the next command on a pause is what this says. What is held can always be let go.",
        "set_window": "Every time it opens, jobs with these labels are held until it closes.",
        "remove_window": "It does not come again. What it holds now stays held until its end.",
    }
)
Asking = Annotated[Admin, Depends(admin_of)]
Sent = Annotated[Form, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.get("/policy")
def policy_page(request: Request, admin: Asking, command: str | None = None) -> Response:
    """The flag, the windows with their next times, and who changed what."""
    with translated():
        seq = web_of(request).store.head().seq
        became = web_of(request).store.result(command) if command else None
    policy = admin.policy()
    coming = admin.upcoming_windows()
    events, unreadable = events_of(admin, POLICY_ID, max(policy.version - EVENTS_ON_A_PAGE, 0), EVENTS_ON_A_PAGE)
    return page(
        request,
        "policy.html",
        seq=seq,
        policy=policy,
        flag=flag_text(policy.flag),
        windows=[(window, [one for one in coming if one.name == window.name]) for window in policy.windows],
        timeline=timeline(events),
        unreadable=unreadable,
        became=became if became and became.job_id == POLICY_ID else None,
    )


@router.get("/policy/{verb}")
def ask_page(request: Request, admin: Asking, verb: str, name: str = "") -> Response:
    """What would be changed, filled in as it is, and the form that changes it."""
    return _page(request, verb, _as_it_is(admin.policy(), verb, name))


@router.post("/policy/{verb}")
def do(request: Request, admin: Asking, verb: str, form: Sent) -> Response:
    """Ask the command and go to the policy's page. Refused, the form comes back with the reason and what it said."""
    try:
        result = admin.ask(POLICY_ID, _verb(admin, verb, form), command_id=form.text("command_id"))
    except SlackwaterError as error:
        return _page(request, verb, form, error)
    return go(request, f"/policy?command={result.command_id}")


def _page(request: Request, verb: str, form: Form, error: SlackwaterError | None = None) -> Response:
    return page(
        request,
        "ask_policy.html",
        200 if error is None else status_of(error),
        verb=_known(verb),
        means=MEANS[verb],
        modes=MODES,
        otherwise=OTHERWISE,
        form=form,
        error=error,
        command_id=uuid.uuid4().hex,
    )


def _known(verb: str) -> str:
    if verb not in VERBS:
        raise WebError("no_such_page", f"nothing here is called {verb[:40]!r}", status=404)
    return verb


def _as_it_is(policy: Policy, verb: str, name: str) -> Form:
    flag, found = policy.flag, next((window for window in policy.windows if window.name == name), None)
    if verb == "set_flag":
        said = {"mode": flag.mode, "selector": flag.selector, "percent": flag.percent, "otherwise": flag.otherwise}
    elif found is None:
        said = {"name": name, "zone": ZONE}
    else:
        lasts = f"{found.lasts_s // 60}m" if found.lasts_s % 60 == 0 else f"{found.lasts_s}s"
        said = {"name": name, "cron": found.cron, "zone": found.zone, "for": lasts, "selector": found.selector}
    return Form([(field, "" if value is None else str(value)) for field, value in said.items()])


def _verb(admin: Admin, verb: str, form: Form) -> PolicyVerb:
    try:
        return VERBS[_known(verb)](form)
    except ValueError as error:
        raise admin.turn_away(POLICY_ID, "bad_policy", str(error), "nothing changed") from None


def _set_flag(form: Form) -> SetFlag:
    percent = form.text("percent") or "100"
    if not (percent.isascii() and percent.isdigit() and len(percent) <= 3):
        raise ValueError("a percentage is 0 to 100")
    flag = Flag(form.text("mode") or "", form.text("selector"), int(percent), form.text("otherwise") or "")
    return SetFlag(flag, form.text("reason"))


def _set_window(form: Form) -> SetWindow:
    named = (form.text("name") or "", form.text("cron") or "", form.text("zone") or ZONE)
    return SetWindow(Window(*named, duration_s(form.text("for") or ""), form.text("selector"), form.text("reason")))


VERBS: Final[Mapping[str, Callable[[Form], PolicyVerb]]] = MappingProxyType(
    {
        "set_flag": _set_flag,
        "set_window": _set_window,
        "remove_window": lambda form: RemoveWindow(form.text("name") or "", form.text("reason")),
    }
)
