"""decide: what a command comes to, given the job as the log has it."""

from datetime import timedelta
from typing import Final, assert_never

from .commands import TEXT_CHARS_MAX, Command, is_job_id
from .control.ack import Ack, decide_ack
from .control.conclude import Conclude, decide_conclude
from .control.deploy import Deploy, decide_deploy
from .control.expire import Expire, decide_expire
from .control.fail import Fail, decide_fail
from .control.lapse import Lapse, decide_lapse
from .control.pause import Pause, decide_pause
from .control.report_gap import ReportGap, decide_report_gap
from .control.resume import Resume, decide_resume
from .control.start import Start, decide_start
from .control.stop import Stop, decide_stop
from .control.unreadable import Unreadable
from .control.verdicts import no_such_job
from .control.warn import Warn, decide_warn
from .decisions import Decision, Refused
from .job import Job

CLOCK_SKEW_MAX: Final = timedelta(hours=1)
"""How far ahead of the desk's clock a command may claim to have been issued."""
DEADLINE_S_MAX: Final = 86_400
"""The longest a transition may be given: nobody waits for ever."""


def decide(job: Job | None, command: Command) -> Decision:
    """Pure: the same job and command always come to the same decision. Never raises for what a caller sent."""
    return _envelope(job, command) or _verb(job, command)


def _envelope(job: Job | None, command: Command) -> Refused | None:
    """What is refused before the verb is looked at."""
    state = job.state if job else None
    if isinstance(command.verb, Unreadable):
        return Refused(command.verb.code, command.verb.message, command.verb.hint)
    if not is_job_id(command.job_id):
        return Refused("bad_job_id", "a job id is 1-63 of a-z 0-9 . _ - and begins with a letter or digit")
    wrong = _unfit_text(command)
    if wrong is not None:
        message = f"{wrong} is 1-{TEXT_CHARS_MAX} characters of text, without NUL"
        return Refused("bad_text", message, None, state)
    if not 1 <= getattr(command.verb, "timeout_s", 1) <= DEADLINE_S_MAX:
        return Refused("bad_deadline", f"a transition is given 1 to {DEADLINE_S_MAX} seconds", None, state)
    if command.expires_at is not None and command.at >= command.expires_at:
        return Refused("expired", f"the command expired at {command.expires_at:%Y-%m-%d %H:%M:%S} UTC", None, state)
    if command.issued_at is not None and command.issued_at > command.at + CLOCK_SKEW_MAX:
        return Refused("clock_skew", "the command claims to be issued in the future", "set the sender's clock", state)
    version = job.version if job else 0
    if command.expected_version is not None and command.expected_version != version:
        message = f"expected version {command.expected_version}, {command.job_id} is at {version}"
        return Refused("version_conflict", message, "look at the job again and decide anew", state)
    return None


def _unfit_text(command: Command) -> str | None:
    """The name of a text that no log could keep, or that names nothing."""
    verb = command.verb
    texts = [("actor", command.actor), ("reason", getattr(verb, "reason", None)), ("hold", getattr(verb, "hold", None))]
    texts += [("hold", hold) for hold in getattr(verb, "holds", ())]
    for name, text in texts:
        if text is not None and (len(text) > TEXT_CHARS_MAX or not _is_text(text) or (name == "hold" and not text.strip())):
            return name
    return None


def _is_text(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _verb(job: Job | None, command: Command) -> Decision:
    if isinstance(command.verb, Deploy):
        return decide_deploy(job, command.verb)
    if job is None:
        return no_such_job(command.job_id)
    match command.verb:
        case Start() as verb:
            return decide_start(job, verb, command.at)
        case Pause() as verb:
            return decide_pause(job, verb, command.at)
        case Resume() as verb:
            return decide_resume(job, verb, command.at)
        case Stop() as verb:
            return decide_stop(job, verb, command.at, command.id)
        case Ack() as verb:
            return decide_ack(job, verb)
        case Fail() as verb:
            return decide_fail(job, verb)
        case Expire() as verb:
            return decide_expire(job, verb, command.at)
        case Conclude() as verb:
            return decide_conclude(job, verb)
        case ReportGap() as verb:
            return decide_report_gap(job, verb)
        case Warn() as verb:
            return decide_warn(job, verb, command.at)
        case Lapse() as verb:
            return decide_lapse(job, verb, command.at)
        case Unreadable():  # pragma: no cover - refused with the envelope
            raise AssertionError("an unreadable message has no verb to decide")
        case _:
            assert_never(command.verb)
