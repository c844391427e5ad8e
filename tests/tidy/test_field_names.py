"""One thing, one name: at every door, asked and answered."""

import json
from dataclasses import fields

import pytest

from slackwater.admin.errors import SlackwaterError
from slackwater.admin.event_view import EventView
from slackwater.admin.web.batches import Moved
from slackwater.admin.web.bodies import OfMany, OfOne
from slackwater.admin.web.problems import ErrorSaid, Problem

from .asyncapi import _answers, _recorded
from .command_fields import VERB_FIELDS
from .fields_page import command_line, form, http, python


@pytest.mark.parametrize("verb", VERB_FIELDS)
def test_asked_in_the_same_words(verb: str) -> None:
    """What the topic reads of a verb is what HTTP and Python take; command line and page know no other field."""
    known = set(VERB_FIELDS[verb].properties) - set(OfOne.model_fields)
    assert http(verb) == known
    assert set(python(verb)) - set(OfOne.model_fields) == known
    assert set(command_line(verb)) - set(OfOne.model_fields) <= known
    assert set(form(verb)) - set(OfOne.model_fields) <= known


def test_answered_in_the_same_words() -> None:
    """A reply on the topic, to one job or one of many, has no field that a result or an error of the other doors calls
    otherwise; errors are alike."""
    result, error = {one.name for one in fields(Moved)}, set(ErrorSaid.model_fields)
    accepted = json.loads(_answers()["accepted"].value or b"{}")["data"]
    assert set(accepted) - result - error == {"outcome", "epoch"}
    assert set(SlackwaterError("x", "y").as_json()["error"]) == error
    assert set(Problem.model_fields) - error == {"type", "title", "status", "detail"}
    assert {"job", "state", "command_id"} <= result & error
    assert set(OfMany.model_fields) & result == set()


def test_events_in_the_same_words() -> None:
    """An event has the same fields in a history, in a stream and on the topic, where its hash stands beside them."""
    from slackwater.core.events import JobResumed
    from slackwater.streams.control.cloud_events import published

    data = json.loads(published(_recorded(JobResumed("CHG-1", ()))).value or b"{}")["data"]
    assert set(data) == {one.name for one in fields(EventView)} | {"hash"}
