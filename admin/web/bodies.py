"""What a command's body says, verb by verb. Field names are those of the Python API; an unknown one is refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from slackwater.core.control.expire import DEADLINE_S
from slackwater.core.control.pause import OPERATOR
from slackwater.core.control.resume import UNTIL_LAG

Deadline = Annotated[StrictInt, Field(description="Seconds until an unproved transition is given up, 1 to 86400.")]
Hold = Annotated[StrictStr, Field(description="Name of the hold.")]
AcceptGap = Annotated[StrictBool, Field(description="Take a loss that was found in the inputs, and continue after it.")]


class Said(BaseModel):
    """What every command may say."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[StrictStr | None, Field(description="Why; kept in the log for ever.")] = None
    expected_version: Annotated[StrictInt | None, Field(description="Refuse unless the job is at this version.")] = None


class DeployBody(Said):
    """A job's text."""

    sql: StrictStr
    version: StrictStr | None = None
    topic: Annotated[StrictStr | None, Field(description="A topic the text must read.")] = None
    holds: Annotated[tuple[StrictStr, ...], Field(description="Deploy held under these: its first start is paused.")] = ()
    deadline_s: Deadline = DEADLINE_S


class StartBody(Said):
    """Run the job."""

    deadline_s: Deadline = DEADLINE_S
    accept_gap: AcceptGap = False


class PauseBody(Said):
    """Hold the job still: for ever, `for_s` seconds, or `until` a time with its zone."""

    hold: Hold = OPERATOR
    for_s: StrictInt | None = None
    until: Annotated[StrictStr | None, Field(description="RFC 3339, with a zone.", examples=["2026-11-24T14:30:00Z"])] = None
    deadline_s: Deadline = DEADLINE_S


class ResumeBody(Said):
    """Let the job go; with `rate_per_s` only so fast, until at most `until_lag` records lie before it."""

    hold: Hold = OPERATOR
    all_holds: Annotated[StrictBool, Field(description="Release every hold.")] = False
    accept_gap: AcceptGap = False
    rate_per_s: StrictInt | None = None
    until_lag: StrictInt = UNTIL_LAG
    deadline_s: Deadline = DEADLINE_S


class StopBody(Said):
    """Give up the partitions and keep the cut."""

    deadline_s: Deadline = DEADLINE_S


class RollbackBody(Said):
    """Go back to the text of `version`, or to the one before."""

    version: StrictStr | None = None
    deadline_s: Deadline = DEADLINE_S
