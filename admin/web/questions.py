"""GET /api/v1/audit and /api/v1/verify: what may be asked of the log as a whole."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from slackwater.persistence.verify import Verdict

from .audit import AsOf, rows_of
from .command_route import Asking
from .problems import described

router = APIRouter(prefix="/api/v1", tags=["log"], responses=described())


@router.get("/audit")
def audit(
    request: Request,
    admin: Asking,
    sql: Annotated[str, Query(description="One SELECT over events, job_history, pauses, holds, refusals.")],
    as_of: AsOf = "",
) -> list[dict[str, Any]]:
    """The rows, as `slackwater audit --output json` has them; `:as_of` in the query is that event, or the last one."""
    return rows_of(request, admin, sql, as_of)


@router.get("/verify")
def verify(admin: Asking) -> Verdict:
    """Is the chain whole, and is every job what its events say? Reads the whole log; 200 also where `ok` is false."""
    return admin.verify()
