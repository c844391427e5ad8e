"""What is made from the source is current, and true of the product."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from slackwater.core.commands import Command, Position
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.events import EVENTS
from slackwater.core.policy.events import POLICY_EVENTS
from slackwater.streams.control.envelope import read_command
from slackwater.streams.control.flat_form import Arrival
from slackwater.streams.control.many import VERBS_OF_MANY, Many

from .command_fields import COMMON, MANY, SAMPLES, SUBJECTS, VERB_FIELDS
from .product import ROOT
from .reference import MADE

DOCUMENT = json.loads((ROOT / "admin/asyncapi.json").read_text("utf-8"))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
EXAMPLES = [(name, example) for name, message in MESSAGES.items() for example in message["examples"]]
COMMANDS = [(name, example) for name, example in EXAMPLES if name.startswith("command.")]


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_is_current(name: str) -> None:
    """Pages and files made from the source are what the source says now: run `make reference`."""
    assert (ROOT / name).read_text("utf-8") == MADE[name]() + "\n"


def _read(example: dict[str, Any]) -> Command | Many:
    headers = {name: value.encode() for name, value in example.get("headers", {}).items()}
    value = json.dumps(example["payload"]).encode()
    return read_command(Arrival(Position("slackwater.control", 0, 7), headers, None, value), datetime.now(UTC))


@pytest.mark.parametrize(("name", "example"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_examples_are_commands(name: str, example: dict[str, Any]) -> None:
    """Each example of a command is read as the verb it is an example of, for what it names, by the agent's own reader."""
    read = _read(example)
    command, about = (read.command, read.subject) if isinstance(read, Many) else (read, read.job_id)
    assert not isinstance(command.verb, Unreadable), command.verb
    verb = name.split(".")[1]
    assert (command.verb.name, command.actor) == (verb, "ana")
    assert about == (MANY if isinstance(read, Many) else SUBJECTS[verb])


def test_nothing_is_left_out() -> None:
    """Every verb of the control topic in its three forms, for many where many may be asked, every event of the log, and
    every message in a channel."""
    of_many = {name.split(".")[1] for name, example in COMMANDS if isinstance(_read(example), Many)}
    assert of_many == VERBS_OF_MANY
    assert {name for name, _ in COMMANDS} == {f"command.{v}{form}" for v in VERB_FIELDS for form in ("", ".binary", ".bare")}
    assert {name for name in MESSAGES if name.startswith("event.")} == {
        f"event.{name}" for name in (*EVENTS, *POLICY_EVENTS)
    }
    assert {name for channel in DOCUMENT["channels"].values() for name in channel["messages"]} == set(MESSAGES)


@pytest.mark.parametrize("verb", VERB_FIELDS)
def test_fields_are_those_that_are_known(verb: str) -> None:
    """A refusal of a field nobody knows lists those of the verb: the document has the same."""
    needed = {name: SAMPLES[name] for name in VERB_FIELDS[verb].required}
    command = _read({"payload": {verb: SUBJECTS[verb], **needed, "no such field": 1}})
    assert isinstance(command, Command)
    refused = command.verb
    assert isinstance(refused, Unreadable)
    known = set((refused.hint or "").removeprefix("known: ").split(", ")) - {"verb", "job", "source", "specversion", "type"}
    assert known == {*COMMON, *VERB_FIELDS[verb].properties}


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_fit_their_schemas(name: str, example: dict[str, Any]) -> None:
    """Each example, of which those that go out are written by the product, fits the schema that is said of it."""
    for part, schema in (("payload", MESSAGES[name]["payload"]), ("headers", MESSAGES[name].get("headers", {}))):
        whole = {"allOf": [schema], "components": DOCUMENT["components"]}
        jsonschema_rs.Draft7Validator(whole, validate_formats=True).validate(example.get(part, {}))


def test_the_document_is_asyncapi() -> None:
    """The fields that AsyncAPI 3.0 asks for are there, and each reference leads somewhere."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert {"action", "channel"} <= set.intersection(*(set(one) for one in DOCUMENT["operations"].values()))
    assert all({"host", "protocol"} <= server.keys() for server in DOCUMENT["servers"].values())
    for reference in _references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for one in node for found in _references(one)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for one in node.values() for found in _references(one)]
