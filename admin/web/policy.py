"""/api/v1/policy: the feature flag and the maintenance windows, by the same Admin as everywhere."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from slackwater.core.policy.policy import POLICY_ID, Policy
from slackwater.core.policy.verbs import PolicyVerb

from ..api import Admin
from ..desk import CommandResult
from ..policy import UPCOMING_MAX, UpcomingWindow
from .bodies import OfOne, RemoveWindowBody, SetFlagBody, SetWindowBody
from .command_route import Asking, Key, PolicyRoute
from .problems import described

PATH: Final = "/api/v1/policy"
LOCATED: Final[dict[int | str, dict[str, Any]]] = {200: {"description": "It is so now, or was so already"}}
router = APIRouter(prefix=PATH, tags=["policy"], responses=described())
commands = APIRouter(route_class=PolicyRoute, responses=LOCATED)


@router.get("")
def get_policy(admin: Asking) -> Policy:
    """The feature flag and the windows, and who changed them last."""
    return admin.policy()


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


router.include_router(commands)
