"""What a command's body says, verb by verb. Field names are those of the Python API; an unknown one is refused."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from slackwater.core.control.expire import DEADLINE_S
from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.control.resume import UNTIL_LAG, Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Drain, Kill, Stop
from slackwater.core.duration import HINT, duration_s
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.rule import FOR_S, METRICS, Rule
from slackwater.core.policy.verbs import RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import ZONE, Window
from slackwater.streams.control.strict_json import BadMessage

Hold = Annotated[StrictStr, Field(description="Name of the hold.")]
AcceptGap = Annotated[StrictBool, Field(description="Take a loss that was found in the inputs, and continue after it.")]
DryRun = Annotated[StrictBool, Field(description="Say what would come of it; nothing is recorded, and nothing moves.")]
Labels = Annotated[StrictStr | None, Field(description="Jobs with these labels: team=payments,tier!=test.")]


class Said(BaseModel):
    """What every command may say."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[StrictStr | None, Field(description="Why; kept in the log for ever.")] = None


class OfOne(BaseModel):
    """Beside a command about one job, or about the policy."""

    expected_version: Annotated[
        StrictInt | None, Field(description="Refuse unless the job (or the policy) is at this version.")
    ] = None
    yes_protected: Annotated[StrictStr | None, Field(description="The job's name once more, if it is protected.")] = None
    dry_run: DryRun = False

    def beside(self) -> dict[str, Any]:
        """As the `how` of a command."""
        return {"expected_version": self.expected_version, "yes_protected": self.yes_protected, "dry_run": self.dry_run}


class OfMany(BaseModel):
    """Which jobs: by `names`, by `selector`, or `all`; one of the three."""

    names: Annotated[tuple[StrictStr, ...], Field(description="These jobs.")] = ()
    selector: Labels = None
    all: Annotated[StrictBool, Field(description="Every job.")] = False
    yes_protected: Annotated[tuple[StrictStr, ...], Field(description="Those of them that are protected.")] = ()
    dry_run: DryRun = False


class Moves(Said):
    """Beside every verb that moves a job."""

    deadline_s: Annotated[StrictInt, Field(description="Seconds until an unproved transition is given up, 1 to 86400.")] = (
        DEADLINE_S
    )


class StartSaid(Moves):
    """Run the job."""

    accept_gap: AcceptGap = False

    def verb(self) -> Start:
        """What is asked."""
        return Start(self.reason, self.deadline_s, self.accept_gap)


class PauseSaid(Moves):
    """Hold the job still: for ever, `for` a while, or `until` a time with its zone."""

    hold: Hold = OPERATOR
    for_: Annotated[
        StrictStr | None,
        Field(alias="for", description="The hold lets go by itself after this.", examples=["90s", "30m", "7d"]),
    ] = None
    until: Annotated[StrictStr | None, Field(description="RFC 3339, with a zone.", examples=["2026-11-24T14:30:00Z"])] = None

    def verb(self) -> Pause:
        """What is asked. Raises BadMessage `bad_until` for what is no time."""
        return Pause(self.reason, self.hold, self.deadline_s, time_of(self.until), lasts_s(self.for_))


class ResumeSaid(Moves):
    """Let the job go; with `rate_per_s` only so fast, until at most `until_lag` records lie before it."""

    hold: Hold = OPERATOR
    all_holds: Annotated[StrictBool, Field(description="Release every hold.")] = False
    accept_gap: AcceptGap = False
    rate_per_s: StrictInt | None = None
    until_lag: StrictInt = UNTIL_LAG

    def verb(self) -> Resume:
        """What is asked."""
        hold = None if self.all_holds else self.hold
        return Resume(self.reason, hold, self.deadline_s, self.accept_gap, self.rate_per_s, self.until_lag)


class StopSaid(Moves):
    """Give up the partitions and keep the cut."""

    def verb(self) -> Stop:
        """What is asked."""
        return Stop(self.reason, self.deadline_s)


class DrainSaid(StopSaid):
    """Stop once nothing is open; the jobs there are keep nothing open beyond a batch."""

    def verb(self) -> Drain:
        """What is asked."""
        return Drain(self.reason, self.deadline_s)


class KillSaid(StopSaid):
    """Stop without finishing: what is under way is aborted, and taken again by the next start."""

    def verb(self) -> Kill:
        """What is asked."""
        return Kill(self.reason, self.deadline_s)


class RollbackSaid(Moves):
    """Go back to the text of `version`, or to the one before."""

    version: StrictStr | None = None

    def verb(self) -> Rollback:
        """What is asked."""
        return Rollback(self.version, self.reason, self.deadline_s)


class DeployBody(OfOne, Moves):
    """A job's text."""

    sql: StrictStr
    version: StrictStr | None = None
    topic: Annotated[StrictStr | None, Field(description="A topic the text must read.")] = None
    output_topic: Annotated[
        StrictStr | None, Field(description="Where a bare SELECT writes, instead of `<job>.output`.")
    ] = None
    holds: Annotated[tuple[StrictStr, ...], Field(description="Deploy held under these: its first start is paused.")] = ()


class SetFlagBody(OfOne, Said):
    """For which jobs pausing is on. It is the whole flag: what is left out is as at first."""

    mode: Annotated[StrictStr, Field(description="`all`, `some` or `none`.")]
    selector: Labels = None
    percent: Annotated[StrictInt, Field(description="Of `some`: so many percent of all jobs, always the same ones.")] = 100
    otherwise: Annotated[StrictStr, Field(description="Where it is off: `refuse` a pause, or `stop` instead.")] = "refuse"

    def verb(self) -> SetFlag:
        """What is asked."""
        return SetFlag(Flag(self.mode, self.selector, self.percent, self.otherwise), self.reason)


class SetWindowBody(OfOne, Said):
    """Add a window, or change the one of that name."""

    name: StrictStr
    cron: Annotated[StrictStr, Field(description="When it opens: minute hour day month weekday.", examples=["30 2 * * *"])]
    zone: Annotated[StrictStr, Field(description="On whose clock.", examples=["Europe/Berlin"])] = ZONE
    lasts_s: Annotated[StrictInt, Field(description="How many seconds it is open, 60 to 604800.")]
    selector: Labels = None

    def verb(self) -> SetWindow:
        """What is asked."""
        return SetWindow(Window(self.name, self.cron, self.zone, self.lasts_s, self.selector, self.reason))


class RemoveWindowBody(OfOne, Said):
    """The window does not come again; what it holds now stays held until its end."""

    name: StrictStr

    def verb(self) -> RemoveWindow:
        """What is asked."""
        return RemoveWindow(self.name, self.reason)


class SetRuleBody(OfOne, Said):
    """Add a rule, or change the one of that name. It is the whole rule: what is left out is as at first."""

    name: StrictStr
    metric: Annotated[StrictStr, Field(description=f"What it watches: {', '.join(f'`{name}`' for name in METRICS)}.")]
    upper: Annotated[StrictInt, Field(description="It holds a job that is at so many or more.")]
    lower: Annotated[StrictInt, Field(description="The job is well again at so many or fewer; below `upper`.")]
    for_s: Annotated[StrictInt, Field(description="So many seconds it must have been at `upper` or more.")] = FOR_S
    release_s: Annotated[
        StrictInt | None,
        Field(description="Let go once it was at `lower` or less for so many seconds; without: a person lets go."),
    ] = None
    selector: Labels = None

    def verb(self) -> SetRule:
        """What is asked."""
        bounds = (self.upper, self.lower, self.for_s, self.release_s)
        return SetRule(Rule(self.name, self.metric, *bounds, self.selector, self.reason))


class RemoveRuleBody(OfOne, Said):
    """The rule holds no more jobs; those it holds stay held until a person lets go."""

    name: StrictStr

    def verb(self) -> RemoveRule:
        """What is asked."""
        return RemoveRule(self.name, self.reason)


def lasts_s(text: str | None) -> int | None:
    """Seconds. Raises BadMessage `bad_until` for what is no length of time."""
    try:
        return None if text is None else duration_s(text)
    except ValueError as error:
        raise BadMessage("bad_until", str(error), HINT) from None


def time_of(text: str | None) -> datetime | None:
    """A time in UTC. Raises BadMessage `bad_until` for what is none, or says no zone."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    hint = "like 2026-11-24T14:30:00+01:00"
    raise BadMessage("bad_until", f"until is no RFC 3339 time with a zone: {text[:40]!r}", hint)
