"""Every event type can be stored, shown and traced to a row."""

from tests.histories.examples import EXAMPLES
from tests.histories.golden import golden_rows

from slackwater.core.events import EPOCH_RAISING, EVENTS, SCHEMA_VERSION
from slackwater.core.policy.events import POLICY_EVENTS
from slackwater.core.transition_table import JOB_TRANSITIONS

from .product import ROOT


def test_every_event_has_a_golden_row() -> None:
    """In the current schema version; a new event type is not done before its bytes are frozen."""
    golden = {row["type"] for row in golden_rows() if row["schema_version"] == SCHEMA_VERSION}
    assert golden == {*EVENTS, *POLICY_EVENTS}
    assert {type(example) for example in EXAMPLES} == {*EVENTS.values(), *POLICY_EVENTS.values()}


def test_every_event_has_a_row() -> None:
    """And every row an event; what raises the epoch is an event too."""
    assert {row.event for row in JOB_TRANSITIONS} == set(EVENTS)
    assert set(EVENTS) >= EPOCH_RAISING


def test_the_glossary_knows_every_state_and_event_code() -> None:
    """A failure or refusal code that core or the workers write is explained in docs/glossary.md."""
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    for state in {str(row.target) for row in JOB_TRANSITIONS}:
        assert f"`{state}`" in glossary
