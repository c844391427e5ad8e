"""The page of the policy: for which jobs pausing is on, which windows come, what rules see, and asking before a change."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from slackwater.core.duration import duration_s
from slackwater.core.policy.flag import MODES, OTHERWISE, Flag
from slackwater.core.policy.policy import POLICY_ID, Policy
from slackwater.core.policy.rule import FOR_S, METRICS, Rule
from slackwater.core.policy.verbs import PolicyVerb, RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import ZONE, Window

from ..api import Admin
from ..desk import translated
from ..errors import SlackwaterError
from ..policy import flag_text
from ..rules import WatchedJob, now_text
from .asks import go
from .context import admin_of, web_of
from .form import Form, NotANumber, form_of
from .problems import WebError, status_of
from .templates import page
from .timeline import EVENTS_ON_A_PAGE, timeline

MEANS: Final = MappingProxyType(
    {
        "set_flag": "From the next command on a pause is what this says. What is held can always be let go.",
        "set_window": "Every time it opens, jobs with these labels are held until it closes.",
        "remove_window": "It does not come again. What it holds now stays held until its end.",
        "set_rule": "A job with these labels is held once it was too high for so long. Who lets go of it is not overruled.",
        "remove_rule": "It holds no more jobs. What it holds now stays held until a person lets go.",
    }
)
AT_FIRST: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {"set_window": {"zone": ZONE}, "set_rule": {"for_s": FOR_S}}
)
"""What the form of a new one is filled in with."""
IN_SECONDS: Final = MappingProxyType({"lasts_s": "for", "for_s": "for", "release_s": "release_after"})
"""Fields in seconds, and what they are where people write them as 30m."""
Asking = Annotated[Admin, Depends(admin_of)]
Sent = Annotated[Form, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.get("/policy")
def policy_page(request: Request, admin: Asking, command: str | None = None) -> Response:
    """The flag, the windows with their next times, the rules with what they see now, and who changed what."""
    with translated():
        seq = web_of(request).store.head().seq
        became = web_of(request).store.result(command) if command else None
    policy = admin.policy()
    coming, watched = admin.upcoming_windows(), sorted(admin.watched_jobs(), key=_weight)
    events = admin.history(POLICY_ID, max(policy.version - EVENTS_ON_A_PAGE, 0), EVENTS_ON_A_PAGE)
    return page(
        request,
        "policy.html",
        seq=seq,
        policy=policy,
        flag=flag_text(policy.flag),
        windows=[(window, [one for one in coming if one.name == window.name]) for window in policy.windows],
        rules=[(rule, [(job, now_text(job)) for job in watched if job.rule == rule.name]) for rule in policy.rules],
        timeline=timeline(events),
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
        metrics=METRICS,
        form=form,
        error=error,
        command_id=uuid.uuid4().hex,
    )


def _known(verb: str) -> str:
    if verb not in VERBS:
        raise WebError("no_such_page", f"nothing here is called {verb[:40]!r}", status=404)
    return verb


def _weight(job: WatchedJob) -> tuple[bool, bool, bool]:
    """What is held comes first, then what would be: a page shows a few of many."""
    return (not job.holds, not job.would_hold, job.tripped_at is None)


def _as_it_is(policy: Policy, verb: str, name: str) -> Form:
    """Its fields, but for the reason: each change has its own."""
    several: Mapping[str, tuple[Window | Rule, ...]] = {"window": policy.windows, "rule": policy.rules}
    named = several.get(_known(verb).rpartition("_")[2])
    found = policy.flag if named is None else next((one for one in named if one.name == name), None)
    said = {"name": name, **AT_FIRST.get(verb, {})} if found is None else asdict(found)
    return Form([_filled(field, value) for field, value in said.items() if field != "reason" and value is not None])


def _filled(field: str, value: Any) -> tuple[str, str]:
    """As people write it, to the second."""
    if field not in IN_SECONDS:
        return field, str(value)
    return IN_SECONDS[field], f"{value}s" if value % 60 else f"{value // 60}m"


def _verb(admin: Admin, verb: str, form: Form) -> PolicyVerb:
    try:
        return VERBS[_known(verb)](form)
    except ValueError as error:
        raise admin.turn_away(POLICY_ID, "bad_policy", str(error), "nothing changed") from None


def _set_flag(form: Form) -> SetFlag:
    percent = form.number("percent")
    flag = Flag(
        form.text("mode") or "", form.text("selector"), 100 if percent is None else percent, form.text("otherwise") or ""
    )
    return SetFlag(flag, form.text("reason"))


def _number(form: Form, name: str) -> int:
    found = form.number(name)
    if found is None:
        raise NotANumber(f"{name} is a whole number")
    return found


def _set_window(form: Form) -> SetWindow:
    named = (form.text("name") or "", form.text("cron") or "", form.text("zone") or ZONE)
    return SetWindow(Window(*named, duration_s(form.text("for") or ""), form.text("selector"), form.text("reason")))


def _set_rule(form: Form) -> SetRule:
    name, metric = form.text("name") or "", form.text("metric") or ""
    bounds = (_number(form, "upper"), _number(form, "lower"))
    for_s, release = duration_s(form.text("for") or ""), form.text("release_after")
    release_s = None if release is None else duration_s(release)
    return SetRule(Rule(name, metric, *bounds, for_s, release_s, form.text("selector"), form.text("reason")))


VERBS: Final[Mapping[str, Callable[[Form], PolicyVerb]]] = MappingProxyType(
    {
        "set_flag": _set_flag,
        "set_window": _set_window,
        "remove_window": lambda form: RemoveWindow(form.text("name") or "", form.text("reason")),
        "set_rule": _set_rule,
        "remove_rule": lambda form: RemoveRule(form.text("name") or "", form.text("reason")),
    }
)
