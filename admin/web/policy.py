"""/api/v1/policy: the feature flag, the maintenance windows and the rules, by the same Admin as everywhere."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from slackwater.core.policy.policy import POLICY_ID, Policy
from slackwater.core.policy.verbs import PolicyVerb

from ..api import Admin
from ..desk import CommandResult
from ..policy import UPCOMING_MAX, UpcomingWindow
from ..rules import WatchedJob
from .bodies import OfOne, RemoveRuleBody, RemoveWindowBody, SetFlagBody, SetRuleBody, SetWindowBody
from .command_route import Asking, Key, PolicyRoute
from .problems import described

PATH: Final = "/api/v1/policy"
LOCATED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "It is so now, was so already, or would be so: a dry run"}
}
router = APIRouter(prefix=PATH, tags=["policy"], responses=described())
commands = APIRouter(route_class=PolicyRoute, responses=LOCATED)


@dataclass(frozen=True, slots=True)
class PolicyNow(Policy):
    """What the log says, and beside it what the rules see of each job they watch, by what workers told last."""

    watched_jobs: tuple[WatchedJob, ...] = ()


@router.get("")
def get_policy(admin: Asking) -> PolicyNow:
    """The feature flag, the windows and the rules, who changed them last, and which jobs each rule holds or would hold."""
    policy = admin.policy()
    said = (policy.version, policy.flag, policy.windows, policy.rules, policy.since, policy.by)
    return PolicyNow(*said, admin.watched_jobs())


@router.get("/upcoming")
def get_upcoming(
    admin: Asking,
    count: Annotated[int, Query(ge=0, le=UPCOMING_MAX, description="So many to come of each window.")] = 3,
) -> tuple[UpcomingWindow, ...]:
    """What is open and what comes, soonest first, with the jobs that each would hold."""
    return admin.upcoming_windows(count)


def _ask(admin: Admin, verb: PolicyVerb, said: OfOne, key: str | None, response: Response) -> CommandResult:
    response.headers["Location"] = PATH
    return admin.ask(POLICY_ID, verb, command_id=key, **said.beside())


@commands.post("/set_flag")
def set_flag(admin: Asking, response: Response, said: SetFlagBody, key: Key = None) -> CommandResult:
    """Turn pausing on or off. What is held can always be let go."""
    return _ask(admin, said.verb(), said, key, response)


@commands.post("/set_window")
def set_window(admin: Asking, response: Response, said: SetWindowBody, key: Key = None) -> CommandResult:
    """Add a maintenance window, or change the one of that name."""
    return _ask(admin, said.verb(), said, key, response)


@commands.post("/remove_window")
def remove_window(admin: Asking, response: Response, said: RemoveWindowBody, key: Key = None) -> CommandResult:
    """Take a window away. Jobs it holds now stay held until its end."""
    return _ask(admin, said.verb(), said, key, response)


@commands.post("/set_rule")
def set_rule(admin: Asking, response: Response, said: SetRuleBody, key: Key = None) -> CommandResult:
    """Add a rule that holds jobs by itself, or change the one of that name."""
    return _ask(admin, said.verb(), said, key, response)


@commands.post("/remove_rule")
def remove_rule(admin: Asking, response: Response, said: RemoveRuleBody, key: Key = None) -> CommandResult:
    """Take a rule away. Jobs it holds now stay held until a person lets go."""
    return _ask(admin, said.verb(), said, key, response)


router.include_router(commands)
