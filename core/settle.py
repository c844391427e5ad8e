"""From a decision to what the log will say: events folded in, answer made. Pure, shared by every store."""

from dataclasses import asdict, dataclass, replace

from .codec import LogEvent, payload_hash, readable_text
from .commands import Command, is_command_id
from .control.unreadable import Unreadable
from .decide import decide, refused_before, unfit
from .decisions import Accepted, AlreadySo, Refused
from .events import name_of
from .evolve import evolve
from .job import Job
from .policy.policy import NO_POLICY, POLICY_ID, Policy, decide_policy, evolve_policy
from .policy.verbs import PolicyVerb
from .result import Outcome, Result
from .topic_name import is_topic_name


@dataclass(frozen=True, slots=True)
class Step:
    """One event to append, its canonical form, and the job (or the policy) right after it."""

    event: LogEvent
    text: bytes
    after: Job | Policy


@dataclass(frozen=True, slots=True)
class Settled:
    """A decided command. `steps` and `result` are stored together or not at all; `result.seq` is still to fill."""

    steps: tuple[Step, ...]
    job: Job | None
    result: Result


def settle(job: Job | None, command: Command, policy: Policy = NO_POLICY) -> Settled:
    """Decide the command and fold what it appends. A verb of the policy moves the policy, and no job."""
    if isinstance(command.verb, PolicyVerb):
        return _settle_policy(policy, command, command.verb)
    match decide(job, command, policy):
        case Accepted(events):
            texts = _texts(events)
            if isinstance(texts, Refused):
                return Settled((), job, refusal(command, job, texts))
            steps: list[Step] = []
            after = job
            for event, text in zip(events, texts, strict=True):
                after = evolve(
                    after, event, job_id=command.job_id, at=command.at, actor=command.actor, command_id=command.id
                )
                steps.append(Step(event, text, after))
            return Settled(tuple(steps), after, _result(command, after, Outcome.ACCEPTED, events=events))
        case AlreadySo(since, by, reason):
            answer = _result(command, job, Outcome.ALREADY, since=since, by=by or None, reason=reason)
            return Settled((), job, answer)
        case Refused() as refused:
            return Settled((), job, refusal(command, job, refused))


def _settle_policy(policy: Policy, command: Command, verb: PolicyVerb) -> Settled:
    match _unfit_policy(command) or refused_before(command, policy.version) or decide_policy(policy, verb):
        case Refused() as refused:
            return Settled((), None, refusal(command, None, refused))
        case AlreadySo():
            answer = _result(command, None, Outcome.ALREADY)
            return Settled((), None, replace(answer, version=policy.version))
        case event:
            texts = _texts((event,))
            if isinstance(texts, Refused):
                return Settled((), None, refusal(command, None, texts))
            after = evolve_policy(policy, event, at=command.at, actor=command.actor)
            answer = _result(command, None, Outcome.ACCEPTED, events=(event,))
            return Settled((Step(event, texts[0], after),), None, replace(answer, version=after.version))


def _texts(events: tuple[LogEvent, ...]) -> list[bytes] | Refused:
    """What will stand in the log. Whatever let it come so far, what nobody could read again must not be appended: the job
    would be lost for good."""
    texts = []
    for event in events:
        text = readable_text(event)
        if text is None:
            message = f"nothing was appended: {name_of(event)} would hold what cannot be read again"
            return Refused("unreadable_event", message, "this is a fault of Slackwater; please report it")
        texts.append(text)
    return texts


def _unfit_policy(command: Command) -> Refused | None:
    """A verb of the policy must not append to a job's events."""
    if command.job_id == POLICY_ID:
        return unfit(command)
    return Refused("bad_policy", f"{command.verb.name} is asked of {POLICY_ID}, not of {command.job_id[:60]}")


def recordable(command: Command) -> Command:
    """The command as a log can keep it: what every store handles in its place.

    One whose id, reply topic or fields no database could keep is turned away, so that its refusal can be recorded.
    """
    wrong = unfit(command)
    return command if wrong is None else turned_away(command, wrong)


def turned_away(command: Command, refused: Refused) -> Command:
    """The command as one that is always refused in these words, under an id of its own: it must not take another's.

    That id is its own place on the control topic. Elsewhere it follows from the id that was given: a repeat is a duplicate.
    """
    given = command.id if isinstance(command.id, str) else ascii(command.id)
    id = command.place or f"unfit-{payload_hash(given).hex()[:32]}"
    own = command.correlation or given
    return replace(
        command,
        id=id,
        actor=command.actor if isinstance(command.actor, str) else ascii(command.actor),
        verb=Unreadable(refused.code, refused.message, refused.hint),
        expected_version=command.expected_version if isinstance(command.expected_version, int) else None,
        yes_protected=command.yes_protected if isinstance(command.yes_protected, str) else None,
        reply_to=command.reply_to if command.reply_to and is_topic_name(command.reply_to) else None,
        correlation=own if is_command_id(own) else None,
        batch_id=command.batch_id if command.batch_id and is_command_id(command.batch_id) else None,
    )


def refusal(command: Command, job: Job | None, refused: Refused) -> Result:
    """The answer that says no, and what would be legal."""
    return _result(
        command,
        job,
        Outcome.REFUSED,
        code=refused.code,
        message=refused.message,
        hint=refused.hint,
        legal=refused.legal,
    )


def command_hash(command: Command) -> bytes:
    """What makes two commands of one id the same command."""
    verb = asdict(command.verb)
    asked = {
        "job": command.job_id,
        "verb": command.verb.name,
        "ask": verb,
        "expected_version": command.expected_version,
    }
    if command.yes_protected is not None:
        asked["yes_protected"] = command.yes_protected
    return payload_hash(asked)


def _result(
    command: Command,
    job: Job | None,
    outcome: Outcome,
    *,
    events: tuple[LogEvent, ...] = (),
    **more: object,
) -> Result:
    return Result(
        command.id,
        command.job_id,
        command.verb.name,
        outcome,
        job.state if job else None,
        job.version if job else 0,
        job.epoch if job else 0,
        events=tuple(name_of(event) for event in events),
        correlation=command.correlation,
        correlation_id=command.correlation_id,
        traceparent=command.traceparent,
        batch_id=command.batch_id,
        **more,  # type: ignore[arg-type]
    )
