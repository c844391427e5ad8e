"""admin/asyncapi.json: the control plane's topics as AsyncAPI 3.0, made from verbs, event types and real messages."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, get_type_hints

from cloudevents.core.bindings.kafka import KafkaMessage
from pydantic import TypeAdapter
from tests.histories.examples import EXAMPLES

from slackwater import __version__
from slackwater.core.commands import JOB_ID, TEXT_CHARS_MAX
from slackwater.core.events import JobPaused, JobResumed, name_of
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.result import Outcome, Result
from slackwater.core.states import JobState
from slackwater.streams.control.cloud_events import last_word, published, reply
from slackwater.streams.control.many import EVERY_JOB, NO_NAME, VERBS_OF_MANY
from slackwater.streams.topics import ControlTopics

from .command_fields import ATTRIBUTES, COMMON, JOB, MANY, SAMPLES, SUBJECTS, VERB_FIELDS, VerbFields
from .said import words_of

AT: Final = datetime(2026, 11, 24, 14, 22, 10, tzinfo=UTC)
SENDER: Final = {"source": "/ops", "id": "CHG-4711"}
AS_EVENT: Final = "application/cloudevents+json"
NAMES: Final = {"job": "job_id"}
"""Field of a message → field of the type it is made from, where they differ."""
ABOUT: Final = """Commands in, answers and the event log out. A message can at most cause a command to be decided:
workers obey the log. A command comes as a CloudEvent 1.0, structured or binary, or as bare JSON. Answers go to `replyto` if
the command names a topic, else to the replies topic. `dataschema` is `urn:slackwater:`
and the name of a schema of this document."""


def document() -> str:
    """The file's text."""
    return json.dumps(tree(), indent=1, ensure_ascii=False)


def tree() -> dict[str, Any]:
    """The document."""
    schemas, messages = _shared(), {}
    for verb, fields in VERB_FIELDS.items():
        schemas[f"command.{verb}.v1"] = _object(fields.properties, fields.required)
        messages |= _commands(verb, fields)
    commands = list(messages)
    for kind, sent in _answers().items():
        said = {"outcome": {"const": kind}}
        schemas[f"reply.{kind}.v1"] = {"allOf": [_schema("reply"), {"properties": said}]}
        messages[f"reply.{kind}"] = _sent(f"reply.{kind}", f"A command was {kind}.", sent)
    replies = [name for name in messages if name not in commands]
    for example in EXAMPLES:
        name = name_of(example)
        own = _draft_7(TypeAdapter(type(example)).json_schema(ref_template="#/components/schemas/{model}"))
        own["description"] = words_of(type(example))
        schemas |= own.pop("$defs", {})
        said = {"event": {"const": name}, "data": _schema(name)}
        schemas |= {name: own, f"event.{name}.v1": {"allOf": [_schema("event"), {"properties": said}]}}
        messages[f"event.{name}"] = _sent(f"event.{name}", own["description"], published(_recorded(example)))
    events = [name for name in messages if name.startswith("event.")]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Slackwater", "version": __version__, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "defaultContentType": AS_EVENT,
        "servers": {
            "kafka": {"host": "{bootstrap}", "protocol": "kafka", "variables": {"bootstrap": {"default": "localhost:9092"}}}
        },
        "channels": _channels({"control": commands, "replies": replies, "events": events}),
        "operations": {
            "command": {
                "action": "receive",
                "channel": _ref("channels", "control"),
                "messages": _of_channel("control", commands),
                "reply": {"channel": _ref("channels", "replies"), "messages": _of_channel("replies", replies)},
            },
            "publish": {"action": "send", "channel": _ref("channels", "events"), "messages": _of_channel("events", events)},
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _channels(held: Mapping[str, list[str]]) -> dict[str, Any]:
    topics = ControlTopics("{prefix}")
    prefix = {"default": ControlTopics().prefix, "description": "SLACKWATER_PREFIX"}
    return {
        name: {
            "address": getattr(topics, name),
            "description": getattr(ControlTopics, name).__doc__,
            "parameters": {"prefix": prefix},
            "messages": {message: _ref("components", "messages", message) for message in messages},
        }
        for name, messages in held.items()
    }


def _commands(verb: str, fields: VerbFields) -> dict[str, Any]:
    """The verb's three forms."""
    name, about = f"command.{verb}", SUBJECTS[verb]
    kind = f"io.slackwater.{name}.v1"
    data = {field: SAMPLES[field] for field in fields.shown}
    event = {"specversion": "1.0", "type": kind, **SENDER, "subject": about, "actor": "ana"}
    event |= {"dataschema": f"urn:slackwater:{name}.v1"}
    subject = _subject(verb)
    said = {"type": {"const": kind}, "subject": subject, "data": _schema(f"{name}.v1")}
    typed = {**({"required": ["data"]} if fields.required else {}), "properties": said}
    headers = {f"ce_{attribute}": schema for attribute, schema in ATTRIBUTES.items()}
    headers |= {"ce_type": {"const": kind}, "ce_subject": subject}
    needed = [f"ce_{attribute}" for attribute in ("specversion", "type", "source", "id", "subject")]
    bare = {verb: subject, **COMMON, **fields.properties}
    typed_by_hand = [{verb: one, "actor": "ana", **data} for one in (about, *([MANY] if verb in VERBS_OF_MANY else []))]
    return {
        name: _message(
            f"{verb}, as a structured CloudEvent.", {"allOf": [_schema("command"), typed]}, event | {"data": data}
        ),
        f"{name}.binary": {
            **_message(f"{verb}, as a binary CloudEvent.", _schema(f"{name}.v1"), data, content_type="application/json"),
            "headers": {"type": "object", "required": needed, "properties": headers},
            "examples": [{"headers": {f"ce_{one}": value for one, value in event.items()}, "payload": data}],
        },
        f"{name}.bare": _message(
            f"{verb}, as typed by hand.",
            _object(bare, (verb, *fields.required)),
            *typed_by_hand,
            content_type="application/json",
        ),
    }


def _subject(verb: str) -> dict[str, Any]:
    """What the verb may be asked of."""
    if SUBJECTS[verb] != JOB:
        return {"const": SUBJECTS[verb]}
    return _schema("subject" if verb in VERBS_OF_MANY else "job")


def _message(
    summary: str, payload: dict[str, Any], *examples: dict[str, Any], content_type: str = AS_EVENT
) -> dict[str, Any]:
    key = {"kafka": {"key": _schema("job"), "bindingVersion": "0.5.0"}}
    shown = [{"payload": example} for example in examples]
    return {"summary": summary, "contentType": content_type, "bindings": key, "payload": payload, "examples": shown}


def _sent(name: str, summary: str, message: KafkaMessage) -> dict[str, Any]:
    """A message that Slackwater sends, with itself as the example."""
    said = {"type": {"const": f"io.slackwater.{name}.v1"}, "data": _schema(f"{name}.v1")}
    return _message(summary, {"allOf": [_schema("sent"), {"properties": said}]}, json.loads(message.value or b"{}"))


def _answers() -> dict[str, KafkaMessage]:
    """One of each kind, as the product itself writes it."""
    taken = Result("CHG-4711", JOB, "pause", Outcome.ACCEPTED, JobState.PAUSING, 5, 2, 5, ("PauseRequested",))
    refused = Result(
        "CHG-4711", JOB, "start", Outcome.REFUSED, JobState.PAUSED, code="illegal_transition", message="…", legal=("resume",)
    )
    late = Result("CHG-4711", JOB, "pause", Outcome.REFUSED, JobState.RUNNING, code="expired", message="…")
    cut = next(example.cut for example in EXAMPLES if isinstance(example, JobPaused))
    return {
        "accepted": reply("accepted", taken, AT),
        "applied": last_word("applied", taken, _recorded(JobPaused("CHG-4711", cut))),
        "refused": reply("refused", refused, AT),
        "expired": reply("expired", late, AT),
        "overtaken": last_word("overtaken", taken, _recorded(JobResumed("CHG-4712", cut))),
        "failed": last_word("failed", taken, _recorded(next(one for one in EXAMPLES if name_of(one) == "JobFailed"))),
    }


def _recorded(event: Any) -> Recorded:
    return Recorded(7, JOB, 7, 2, AT, "ana", "cli", "CHG-4711", event, 1, GENESIS, GENESIS)


def _shared() -> dict[str, Any]:
    """Schemas that every message of a channel shares."""
    event = ("specversion", "type", "source", "id", "subject", "time", "dataschema", "causationid", "correlationid")
    answers = [_fields_of(_answers()[kind]) for kind in ("accepted", "applied")]
    column = _fields_of(published(_recorded(EXAMPLES[0])))
    described = _draft_7(TypeAdapter(Result).json_schema()["properties"])
    hints = get_type_hints(Recorded) | {"hash": str, "event": str, "data": dict[str, Any]}
    of_column = {name: TypeAdapter(hints[NAMES.get(name, name)]).json_schema() for name in column}
    of_answer = {name: dict(described.get(NAMES.get(name, name), {"type": "boolean"})) for name in answers[0]}
    for schema in of_answer.values():
        schema.pop("default", None)
    attributes = {name: {"type": "string"} for name in event}
    in_each = [name for name in answers[0] if name in answers[1]]
    states = {"type": ["string", "null"], "enum": [*map(str, JobState), None]}
    return {
        "job": {"type": "string", "pattern": f"^({JOB_ID.pattern}|{POLICY_ID})$"},
        "jobs": {"type": "string", "pattern": f"^{EVERY_JOB}$|{NO_NAME.pattern}", "maxLength": TEXT_CHARS_MAX},
        "subject": {"anyOf": [_schema("job"), _schema("jobs")]},
        "command": _object(dict(ATTRIBUTES), ("specversion", "type", "source", "id", "subject"), is_open=True),
        "sent": _object({**attributes, "data": {"type": "object"}}, (*event[:4], "data"), is_open=True),
        "reply": _object({**of_answer, "outcome": {"type": "string"}, "state": states}, in_each, is_open=True),
        "event": _object(of_column, column, is_open=True),
    }


def _fields_of(message: KafkaMessage) -> list[str]:
    return list(json.loads(message.value or b"{}")["data"])


def _object(properties: Mapping[str, Any], required: Any, *, is_open: bool = False) -> dict[str, Any]:
    closed = {} if is_open else {"additionalProperties": False}
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **needed, "properties": dict(properties), **closed}


def _draft_7(schema: Any) -> Any:
    """AsyncAPI's schemas are draft 07, where a tuple's items are a list. Titles that only repeat a name are left out."""
    if isinstance(schema, list):
        return [_draft_7(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: inner for name, inner in schema.items() if name != "title" or isinstance(inner, dict)}
    return {("items" if name == "prefixItems" else name): _draft_7(inner) for name, inner in kept.items()}


def _schema(name: str) -> dict[str, str]:
    return _ref("components", "schemas", name)


def _of_channel(channel: str, names: list[str]) -> list[dict[str, str]]:
    return [_ref("channels", channel, "messages", name) for name in names]


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}
