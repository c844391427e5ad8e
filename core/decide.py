"""decide: what a command comes to, given the job as the log has it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from .commands import COMMAND_ID_BYTES_MAX, TEXT_CHARS_MAX, Command, OperatorVerb, is_command_id, is_job_id
from .control.ack import Ack, decide_ack
from .control.conclude import Conclude, decide_conclude
from .control.deploy import Deploy, decide_deploy, decide_rollback
from .control.expire import Expire, decide_expire
from .control.fail import Fail, decide_fail
from .control.lapse import Lapse, decide_lapse
from .control.lift_cap import LiftCap, decide_lift_cap
from .control.pause import Pause, decide_pause
from .control.rearm import Rearm, decide_rearm
from .control.report_gap import ReportGap, decide_report_gap
from .control.resume import Resume, decide_resume
from .control.rollout import Rollback
from .control.start import Start, decide_start
from .control.stop import Stop, decide_stop
from .control.trip import Trip, decide_trip
from .control.unreadable import Unreadable
from .control.verdicts import legal_verbs, no_such_job, protected
from .control.warn import Warn, decide_warn
from .decisions import Decision, Refused
from .field_types import wrong_argument, wrong_field
from .job import Job
from .policy.flagged import as_flagged
from .policy.policy import NO_POLICY, Policy
from .policy.verbs import PolicyVerb
from .topic_name import is_topic_name

CLOCK_SKEW_MAX: Final = timedelta(hours=1)
"""How far ahead of the desk's clock a command may claim to have been issued."""
_ENVELOPE: Final = {"actor": str, "expected_version": int | None, "yes_protected": str | None}
"""What of a command every caller may say."""
DEADLINE_S_MAX: Final = 86_400
"""The longest a transition may be given: nobody waits for ever."""


def decide(job: Job | None, command: Command, policy: Policy = NO_POLICY) -> Decision:
    """Pure: the same job, command and policy always come to the same decision. Never raises for what a caller sent."""
    if isinstance(command.verb, Unreadable):
        return Refused(command.verb.code, command.verb.message, command.verb.hint)
    wrong = unfit(command)
    if wrong is not None:
        return wrong
    if not is_job_id(command.job_id):
        return Refused("bad_job_id", "a job id is 1-63 of a-z 0-9 . _ - and begins with a letter or digit")
    refused = refused_before(command, job.version if job else 0)
    if refused is not None:
        return replace(refused, state=job.state, legal=legal_verbs(job)) if job else refused
    if job is not None and _needs_its_name(job, command):
        return protected(job, command.verb.name)
    verb = as_flagged(policy.flag, job, command)
    return verb if isinstance(verb, Refused) else _verb(job, replace(command, verb=verb))


def _needs_its_name(job: Job, command: Command) -> bool:
    """What a worker asks follows from what somebody has said already."""
    is_asked = isinstance(command.verb, OperatorVerb) and command.channel != "worker"
    return is_asked and job.spec.is_protected and command.yes_protected != job.id


def refused_before(command: Command, version: int) -> Refused | None:
    """What is refused before the verb is looked at; `version` is that of the job or policy it is about."""
    wrong = _unfit_text(command)
    if wrong is not None:
        message = f"{wrong} is 1-{TEXT_CHARS_MAX} characters of text, without NUL"
        return Refused("bad_text", message)
    if not 1 <= getattr(command.verb, "deadline_s", 1) <= DEADLINE_S_MAX:
        return Refused("bad_deadline", f"a transition is given 1 to {DEADLINE_S_MAX} seconds")
    if command.expires_at is not None and command.at >= command.expires_at:
        return Refused("expired", f"the command expired at {command.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if command.issued_at is not None and command.issued_at > command.at + CLOCK_SKEW_MAX:
        return Refused("clock_skew", "the command claims to be issued in the future", "set the sender's clock")
    if command.expected_version is not None and command.expected_version != version:
        message = f"expected version {command.expected_version}, {command.job_id} is at {version}"
        return Refused("version_conflict", message, "look at the job again and decide anew")
    return None


def unfit(command: Command) -> Refused | None:
    """What is wrong with what a command is made of: the name it goes by, its reply topic, kinds of things no log could keep.

    What workers ask is made by code of ours, and not looked at.
    """
    wrong = _unfit_address(command)
    for name, kind in _ENVELOPE.items():
        wrong = wrong or wrong_argument(name, getattr(command, name), kind)
    if wrong is None and isinstance(command.verb, OperatorVerb | PolicyVerb):
        wrong = wrong_field(command.verb)
    return wrong


def _unfit_address(command: Command) -> Refused | None:
    if not is_command_id(command.id):
        return Refused("bad_command_id", f"a command id is 1-{COMMAND_ID_BYTES_MAX} bytes of printable text")
    if command.reply_to is not None and not is_topic_name(command.reply_to):
        return Refused("bad_reply_to", "answers go to a topic: 1-249 of a-z A-Z 0-9 . _ -")
    return None


def _unfit_text(command: Command) -> str | None:
    """The name of a text that no log could keep, or that names nothing."""
    verb = command.verb
    texts = [("actor", command.actor), ("reason", getattr(verb, "reason", None)), ("hold", getattr(verb, "hold", None))]
    texts += [("hold", hold) for hold in getattr(verb, "holds", ())]
    texts += [("version", verb.spec.version)] if isinstance(verb, Deploy) else []
    for name, text in texts:
        if text is not None and (len(text) > TEXT_CHARS_MAX or not _is_text(text) or (name == "hold" and not text.strip())):
            return name
    return None


def _is_text(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _verb(job: Job | None, command: Command) -> Decision:
    if isinstance(command.verb, Deploy):
        return decide_deploy(job, command.verb, command.at)
    if job is None:
        return no_such_job(command.job_id)
    match command.verb:
        case Rollback() as verb:
            return decide_rollback(job, verb, command.at)
        case Start() as verb:
            return decide_start(job, verb, command.at)
        case Pause() as verb:
            return decide_pause(job, verb, command.at)
        case Resume() as verb:
            return decide_resume(job, verb, command.at)
        case Stop() as verb:
            return decide_stop(job, verb, command.at, command.id)
        case Ack() as verb:
            return decide_ack(job, verb, command.at)
        case Fail() as verb:
            return decide_fail(job, verb)
        case Expire() as verb:
            return decide_expire(job, verb, command.at)
        case Conclude() as verb:
            return decide_conclude(job, verb, command.at)
        case ReportGap() as verb:
            return decide_report_gap(job, verb)
        case Warn() as verb:
            return decide_warn(job, verb, command.at)
        case Lapse() as verb:
            return decide_lapse(job, verb, command.at)
        case LiftCap() as verb:
            return decide_lift_cap(job, verb)
        case Trip() as verb:
            return decide_trip(job, verb, command.at)
        case Rearm() as verb:
            return decide_rearm(job, verb, command.at)
        case Unreadable():  # pragma: no cover - refused with the envelope
            raise AssertionError("an unreadable message has no verb to decide")
        case _ if isinstance(command.verb, PolicyVerb):  # pragma: no cover - settled by the policy
            raise AssertionError("a verb of the policy is about no job")
        case _:
            assert_never(command.verb)
