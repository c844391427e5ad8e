"""From a decision to what the log will say: events folded in, answer made. Pure, shared by every store."""

from dataclasses import asdict, dataclass

from .codec import payload_hash
from .commands import Command
from .decide import decide
from .decisions import Accepted, AlreadySo, Refused
from .events import JobEvent, name_of
from .evolve import evolve
from .job import Job
from .result import Outcome, Result


@dataclass(frozen=True, slots=True)
class Step:
    """One event to append, and the job right after it."""

    event: JobEvent
    after: Job


@dataclass(frozen=True, slots=True)
class Settled:
    """A decided command. `steps` and `result` are stored together or not at all; `result.seq` is still to fill."""

    steps: tuple[Step, ...]
    job: Job | None
    result: Result


def settle(job: Job | None, command: Command) -> Settled:
    """Decide the command and fold what it appends."""
    match decide(job, command):
        case Accepted(events):
            steps: list[Step] = []
            after = job
            for event in events:
                after = evolve(
                    after, event, job_id=command.job_id, at=command.at, actor=command.actor, command_id=command.id
                )
                steps.append(Step(event, after))
            return Settled(tuple(steps), after, _result(command, after, Outcome.ACCEPTED, events=events))
        case AlreadySo(since, by, reason):
            answer = _result(command, job, Outcome.ALREADY, since=since, by=by or None, reason=reason)
            return Settled((), job, answer)
        case Refused() as refused:
            return Settled((), job, refusal(command, job, refused))


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
    return payload_hash(asked)


def _result(
    command: Command,
    job: Job | None,
    outcome: Outcome,
    *,
    events: tuple[JobEvent, ...] = (),
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
        **more,  # type: ignore[arg-type]
    )
