"""From a message on the control topic to a command.

All forms are first brought to one flat form, then read by one table; what cannot be read becomes an `Unreadable` command,
which is refused and recorded like any other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

import structlog

from slackwater.core.commands import COMMAND_ID_BYTES_MAX, Command, Position, Verb, is_address, is_command_id
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Drain, Kill, Stop
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.rule import BOUND_MAX, Rule
from slackwater.core.policy.verbs import RemoveRule, RemoveWindow, SetFlag, SetRule, SetWindow
from slackwater.core.policy.window import ZONE, Window
from slackwater.core.spec_from_sql import spec_from_sql
from slackwater.core.sql.errors import SqlError
from slackwater.core.topic_name import is_topic_name

from .fields import Fields
from .flat_form import Arrival, flatten
from .many import Many, chosen_by, means_many
from .strict_json import BadMessage

log = structlog.get_logger()
T = TypeVar("T")
COMMAND_TYPE: Final = re.compile(r"io\.slackwater\.command\.([a-z_]+)\.v(\d+)")


def read_command(arrival: Arrival, now: datetime) -> Command | Many:
    """The command in the message, for one job or many. Never raises, whatever a sender wrote.

    Without an id of its own a command gets the message's position for one, so that a redelivery is recognised.
    """
    flat: dict[str, Any] = {}
    try:
        flat = flatten(arrival, _VERBS)
        return _command(flat, arrival, now)
    except BadMessage as error:
        bad = error
    except SqlError as error:
        bad = BadMessage(error.code, str(error))
    except Exception as error:
        log.exception("a message could not be read", position=arrival.position.name)
        bad = BadMessage("bad_envelope", f"not readable: {type(error).__name__}")
    return _unreadable(bad, flat, arrival, now)


def _command(flat: Mapping[str, Any], arrival: Arrival, now: datetime) -> Command | Many:
    fields = Fields(flat)
    verb_name = _verb_name(fields, flat)
    subject = fields.text("job") or ""
    if means_many(subject):
        return _of_many(fields, subject, verb_name, arrival, now)
    if not is_address(subject):
        raise BadMessage("bad_job_id", "a job id is 1-63 of a-z 0-9 . _ - and begins with a letter or digit")
    command = _of_one(fields, subject, verb_name, arrival, now)
    if subject != POLICY_ID:
        command = replace(command, yes_protected=fields.text("yes_protected"))
    fields.nothing_left()
    return command


def _of_many(fields: Fields, subject: str, verb_name: str, arrival: Arrival, now: datetime) -> Many:
    selector = chosen_by(subject, verb_name)
    command = _of_one(fields, "", verb_name, arrival, now)
    many = Many(
        subject,
        selector,
        replace(command, correlation=command.correlation or command.id, batch_id=command.id),
        fields.texts("yes_protected"),
    )
    fields.nothing_left()
    if command.expected_version is not None:
        raise BadMessage("bad_envelope", "expected_version is said of one job: each has a version of its own")
    return many


def _of_one(fields: Fields, job_id: str, verb_name: str, arrival: Arrival, now: datetime) -> Command:
    id, own_id = _ids(fields, arrival.position)
    return Command(
        id,
        job_id,
        _VERBS[verb_name](fields),
        fields.text("actor") or "unknown",
        "topic",
        now,
        fields.number("expected_version"),
        fields.time("issued_at"),
        fields.time("expires_at"),
        arrival.position,
        fields.text("reply_to"),
        own_id,
        _correlation_id(fields),
    )


def _verb_name(fields: Fields, flat: Mapping[str, Any]) -> str:
    """What is asked for: the `verb` of bare JSON, or of a CloudEvent the word in its type."""
    if "specversion" not in flat:
        verb = fields.text("verb")
        if verb is None:
            named = ", ".join(name for name in flat if name not in _BESIDE_A_VERB)
            hint = '{"pause": "JOB", "reason": "…"}'
            raise BadMessage("unknown_action", f"expected one of {', '.join(_VERBS)}; got {named[:60]!r}", hint)
        return verb
    version, kind = fields.text("specversion"), fields.text("type") or ""
    if version != "1.0":
        raise BadMessage("unsupported_version", f"CloudEvents {version!r:.40}; 1.0 is spoken here")
    match = COMMAND_TYPE.fullmatch(kind)
    if match is None or match[1] not in _VERBS:
        raise BadMessage("unknown_action", f"not a command: {kind[:80]!r}", "io.slackwater.command.pause.v1")
    if match[2] != "1":
        raise BadMessage("unsupported_version", f"{match[1]} v{match[2][:10]}; v1 is spoken here")
    return match[1]


_BESIDE_A_VERB: Final = frozenset(
    {"id", "actor", "reason", "reply_to", "correlation_id", "expected_version", "issued_at", "expires_at"}
)


def _correlation_id(fields: Fields) -> str | None:
    given = fields.text("correlation_id")
    if given is not None and not is_command_id(given):
        raise BadMessage("bad_envelope", f"correlation_id is 1-{COMMAND_ID_BYTES_MAX} bytes of printable text")
    return given


def _ids(fields: Fields, position: Position) -> tuple[str, str | None]:
    """The command's id, and the sender's own for it where that is another.

    CloudEvents are one and the same only if source and id are: two senders may both count from 1.
    """
    own = fields.text("id")
    if fields.text("specversion") is None:
        return position.name if own is None else own, None
    source = fields.text("source")
    if not own or not source:
        raise BadMessage("bad_envelope", "a CloudEvent has an id and a source")
    # The first # parts them: a source with a fragment has it encoded.
    return f"{source.replace('#', '%23')}#{own}", own


def _unreadable(bad: BadMessage, flat: Mapping[str, Any], arrival: Arrival, now: datetime) -> Command:
    """Its id is its position: a garbled message must not take the id of a good one."""

    def said(name: str, is_fit: Callable[[str], bool]) -> str | None:
        value = flat.get(name)
        return value if isinstance(value, str) and is_fit(value) else None

    return Command(
        arrival.position.name,
        said("job", is_address) or "",
        Unreadable(bad.code, bad.message, bad.hint),
        "unknown",
        "topic",
        now,
        position=arrival.position,
        reply_to=said("reply_to", is_topic_name),
        correlation=said("id", is_command_id),
        correlation_id=said("correlation_id", is_command_id),
    )


def _given(**said: Any) -> dict[str, Any]:
    """What was said; all else is for the verb itself to fill in."""
    return {name: value for name, value in said.items() if value is not None}


def _needed(found: T | None, name: str) -> T:
    if found is None:
        raise BadMessage("bad_envelope", f"the field {name} is missing")
    return found


def _deploy(fields: Fields) -> Verb:
    how = {name: fields.text(name) for name in ("version", "topic", "output_topic")}
    _, spec = spec_from_sql(_needed(fields.text("sql"), "sql"), fields.text("job") or "", **how)
    return Deploy(spec, fields.texts("holds"), **_asked(fields))


def _asked(fields: Fields) -> dict[str, Any]:
    """What is said beside any verb that moves a job."""
    return _given(reason=fields.text("reason"), deadline_s=fields.number("deadline_s"))


def _pause(fields: Fields) -> Verb:
    ends = _given(until=fields.time("until", "bad_until"), for_s=fields.duration_s("for"))
    return Pause(**_asked(fields), **_given(hold=fields.text("hold")), **ends)


def _resume(fields: Fields) -> Verb:
    hold = {"hold": None} if fields.flag("all_holds") else {}
    slowly = _given(rate_per_s=fields.number("rate_per_s"), until_lag=fields.number("until_lag"))
    one = _given(hold=fields.text("hold"))
    return Resume(**_asked(fields), **{**one, **hold}, accept_gap=fields.flag("accept_gap"), **slowly)


def _set_flag(fields: Fields) -> Verb:
    some = _given(selector=fields.text("selector"), percent=fields.number("percent"), otherwise=fields.text("otherwise"))
    return SetFlag(Flag(_needed(fields.text("mode"), "mode"), **some), fields.text("reason"))


def _set_window(fields: Fields) -> Verb:
    name, cron = _needed(fields.text("name"), "name"), _needed(fields.text("cron"), "cron")
    zone, lasts_s = fields.text("zone") or ZONE, _needed(fields.number("lasts_s"), "lasts_s")
    return SetWindow(Window(name, cron, zone, lasts_s, fields.text("selector"), fields.text("reason")))


def _set_rule(fields: Fields) -> Verb:
    name, metric = _needed(fields.text("name"), "name"), _needed(fields.text("metric"), "metric")
    upper, lower = (_needed(fields.number(bound, BOUND_MAX), bound) for bound in ("upper", "lower"))
    whiles = _given(for_s=fields.number("for_s"), release_s=fields.number("release_s"))
    chosen = _given(selector=fields.text("selector"), reason=fields.text("reason"))
    return SetRule(Rule(name, metric, upper, lower, **whiles, **chosen))


_VERBS: Final[Mapping[str, Callable[[Fields], Verb]]] = MappingProxyType(
    {
        "deploy": _deploy,
        "rollback": lambda f: Rollback(f.text("version"), **_asked(f)),
        "start": lambda f: Start(**_asked(f), accept_gap=f.flag("accept_gap")),
        "pause": _pause,
        "resume": _resume,
        "stop": lambda f: Stop(**_asked(f)),
        "drain": lambda f: Drain(**_asked(f)),
        "kill": lambda f: Kill(**_asked(f)),
        "set_flag": _set_flag,
        "set_window": _set_window,
        "remove_window": lambda f: RemoveWindow(_needed(f.text("name"), "name"), f.text("reason")),
        "set_rule": _set_rule,
        "remove_rule": lambda f: RemoveRule(_needed(f.text("name"), "name"), f.text("reason")),
    }
)
"""The verbs an outsider may send. Acks, failures and expiries are the workers' own and have no way in here."""
