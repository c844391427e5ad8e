"""One event of each type with every field set: what the golden rows are made of."""

from datetime import UTC, datetime
from typing import Final

from slackwater.core import events as e
from slackwater.core.codec import LogEvent
from slackwater.core.cut import Gap, cut_of
from slackwater.core.policy.events import FlagChanged, RuleRemoved, RuleSet, WindowRemoved, WindowSet
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.rule import Rule
from slackwater.core.policy.window import Window
from slackwater.core.spec import JobSpec

AT: Final = datetime(2026, 11, 24, 8, 0, 0, 250_000, UTC)
CUT: Final = cut_of({("orders", 0): 7, ("orders", 10): 2**62, ("payments", 0): 0})
GAPS: Final = (Gap("orders", 0, 7, 12),)
SPEC: Final = JobSpec(
    "SELECT * FROM orders -- größer",
    "2",
    "big",
    ("orders", "payments"),
    ("big",),
    "big ones",
    {"team": "data", "cost": "10€"},
)

EXAMPLES: Final[tuple[LogEvent, ...]] = (
    e.JobDeployed(SPEC, ("operator", "audit"), "new"),
    e.StartRequested("go", AT),
    e.JobStarted("c2", CUT),
    e.PauseRequested("operator", 'quarter "end"\n', AT),
    e.HoldAdded("audit", None),
    e.HoldReleased("audit", "done"),
    e.JobPaused("c5", CUT),
    e.ResumeRequested(("operator", "audit"), None, AT),
    e.JobResumed("c8", CUT),
    e.StopRequested("night", AT),
    e.JobStopped("c9", ()),
    e.JobFailed("poison_record", "orders[0] at 7: no JSON", CUT),
    e.WorkerAcked("w-1", "still", CUT, {"payments": 1, "orders": 11}),
    e.GroupFoundEmpty(CUT),
    e.DataGapFound("data_gap", "orders[0]: 5 records (7 to 11) are gone", GAPS),
    e.DataGapAccepted("data_gap", GAPS),
    e.RetentionWarned(10, 360),
    e.RolloutRequested(SPEC, ("operator",), "v2", AT),
    e.RateCapLifted(120),
    FlagChanged(Flag("some", "team=data,tier!=test", 25, "stop"), "a quarter first"),
    WindowSet(Window("nightly", "30 2 * * *", "Europe/Berlin", 1800, "team in (data,web)", "größere Wartung")),
    WindowRemoved("nightly", "done"),
    e.RuleTripped("rule:far-behind", "lag", 2**40),
    e.RuleRearmed("rule:far-behind"),
    RuleSet(Rule("far-behind", "lag", 100_000, 1_000, 60, 300, "team in (data,web)", "größer als geplant")),
    RuleRemoved("far-behind", "done"),
)
