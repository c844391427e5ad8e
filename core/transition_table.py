"""Every legal transition of a job. Machine, diagram, coverage check and tests are derived from these rows."""

from typing import Final, NamedTuple

from .states import JobState as S


class Row(NamedTuple):
    """From `source`, an event of type `event` leads to `target`. No row, no transition."""

    source: S
    event: str
    target: S


JOB_TRANSITIONS: Final[tuple[Row, ...]] = (
    # Deployed once; again only while nothing runs.
    Row(S.ABSENT, "JobDeployed", S.DEPLOYED),
    Row(S.DEPLOYED, "JobDeployed", S.DEPLOYED),
    Row(S.STOPPED, "JobDeployed", S.DEPLOYED),
    Row(S.FAILED, "JobDeployed", S.DEPLOYED),
    # Start: wanted, then covered by acks.
    Row(S.DEPLOYED, "StartRequested", S.STARTING),
    Row(S.STOPPED, "StartRequested", S.STARTING),
    Row(S.FAILED, "StartRequested", S.STARTING),
    Row(S.STARTING, "JobStarted", S.RUNNING),
    # Pause: the first hold. A pause overtakes a start and a resume.
    Row(S.STARTING, "PauseRequested", S.PAUSING),
    Row(S.RUNNING, "PauseRequested", S.PAUSING),
    Row(S.RESUMING, "PauseRequested", S.PAUSING),
    Row(S.PAUSING, "JobPaused", S.PAUSED),
    # Resume: the last hold is released. A resume overtakes a pause that is not yet done.
    Row(S.PAUSING, "ResumeRequested", S.RESUMING),
    Row(S.PAUSED, "ResumeRequested", S.RESUMING),
    Row(S.RESUMING, "JobResumed", S.RUNNING),
    # Stop overtakes anything that lives.
    Row(S.STARTING, "StopRequested", S.STOPPING),
    Row(S.RUNNING, "StopRequested", S.STOPPING),
    Row(S.PAUSING, "StopRequested", S.STOPPING),
    Row(S.PAUSED, "StopRequested", S.STOPPING),
    Row(S.RESUMING, "StopRequested", S.STOPPING),
    Row(S.STOPPING, "JobStopped", S.STOPPED),
    # A rollout is a stop with what follows it; a stop, or another rollout, overtakes it.
    Row(S.STARTING, "RolloutRequested", S.STOPPING),
    Row(S.RUNNING, "RolloutRequested", S.STOPPING),
    Row(S.PAUSING, "RolloutRequested", S.STOPPING),
    Row(S.PAUSED, "RolloutRequested", S.STOPPING),
    Row(S.RESUMING, "RolloutRequested", S.STOPPING),
    Row(S.STOPPING, "RolloutRequested", S.STOPPING),
    Row(S.STOPPING, "StopRequested", S.STOPPING),
    # Nothing runs in these, so a stop is done as soon as it is asked for.
    Row(S.DEPLOYED, "JobStopped", S.STOPPED),
    Row(S.FAILED, "JobStopped", S.STOPPED),
    # Anything that lives can fail.
    Row(S.STARTING, "JobFailed", S.FAILED),
    Row(S.RUNNING, "JobFailed", S.FAILED),
    Row(S.PAUSING, "JobFailed", S.FAILED),
    Row(S.PAUSED, "JobFailed", S.FAILED),
    Row(S.RESUMING, "JobFailed", S.FAILED),
    Row(S.STOPPING, "JobFailed", S.FAILED),
    # A further hold, or the release of one among several, is a fact but moves nothing.
    Row(S.PAUSING, "HoldAdded", S.PAUSING),
    Row(S.PAUSED, "HoldAdded", S.PAUSED),
    Row(S.PAUSING, "HoldReleased", S.PAUSING),
    Row(S.PAUSED, "HoldReleased", S.PAUSED),
    # Holds outlive a stop; they can be let go before the next start.
    Row(S.DEPLOYED, "HoldReleased", S.DEPLOYED),
    Row(S.STOPPED, "HoldReleased", S.STOPPED),
    Row(S.FAILED, "HoldReleased", S.FAILED),
    # A worker's word for its partitions, while coverage is being gathered.
    Row(S.STARTING, "WorkerAcked", S.STARTING),
    Row(S.PAUSING, "WorkerAcked", S.PAUSING),
    Row(S.RESUMING, "WorkerAcked", S.RESUMING),
    Row(S.STOPPING, "WorkerAcked", S.STOPPING),
    # Nobody is there to ask: the group itself is.
    Row(S.PAUSING, "GroupFoundEmpty", S.PAUSING),
    Row(S.STOPPING, "GroupFoundEmpty", S.STOPPING),
    # The inputs lost what the job has not read. Found while it lives, accepted before it goes on.
    Row(S.STARTING, "DataGapFound", S.STARTING),
    Row(S.RUNNING, "DataGapFound", S.RUNNING),
    Row(S.PAUSING, "DataGapFound", S.PAUSING),
    Row(S.PAUSED, "DataGapFound", S.PAUSED),
    Row(S.RESUMING, "DataGapFound", S.RESUMING),
    Row(S.STOPPING, "DataGapFound", S.STOPPING),
    Row(S.PAUSING, "DataGapAccepted", S.PAUSING),
    Row(S.PAUSED, "DataGapAccepted", S.PAUSED),
    Row(S.DEPLOYED, "DataGapAccepted", S.DEPLOYED),
    Row(S.STOPPED, "DataGapAccepted", S.STOPPED),
    Row(S.FAILED, "DataGapAccepted", S.FAILED),
    Row(S.PAUSED, "RetentionWarned", S.PAUSED),
    Row(S.RUNNING, "RateCapLifted", S.RUNNING),
    # A rule holds whatever can be held, and is ready again once what it watches is low.
    Row(S.STARTING, "RuleTripped", S.STARTING),
    Row(S.RUNNING, "RuleTripped", S.RUNNING),
    Row(S.PAUSING, "RuleTripped", S.PAUSING),
    Row(S.PAUSED, "RuleTripped", S.PAUSED),
    Row(S.RESUMING, "RuleTripped", S.RESUMING),
    Row(S.STARTING, "RuleRearmed", S.STARTING),
    Row(S.RUNNING, "RuleRearmed", S.RUNNING),
    Row(S.PAUSING, "RuleRearmed", S.PAUSING),
    Row(S.PAUSED, "RuleRearmed", S.PAUSED),
    Row(S.RESUMING, "RuleRearmed", S.RESUMING),
)
