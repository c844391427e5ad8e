"""The spec as deployed, and the plan that is read back from it."""

import pytest

from slackwater.core.spec import JobSpec
from slackwater.core.spec_from_sql import plan_of, spec_from_sql
from slackwater.core.sql.errors import SqlError

SELECT = "SELECT id FROM orders"
SELECT_ALL = "SELECT * FROM orders"


@pytest.mark.parametrize(
    "other",
    [JobSpec(SELECT + " "), JobSpec(SELECT, "2"), JobSpec(SELECT, "1", "big")],
    ids=["text", "version", "output topic"],
)
def test_what_decides_the_output_is_in_the_hash(other: JobSpec) -> None:
    """A change of any of them is another spec, which a living job does not take."""
    assert other.hash != JobSpec(SELECT).hash


def test_fields_do_not_run_together() -> None:
    """Moving a character from one field to the next gives another hash."""
    assert JobSpec("a", "bc").hash != JobSpec("ab", "c").hash


def test_words_about_a_job_are_not_in_the_hash() -> None:
    """A description is no reason to stop a job."""
    assert JobSpec(SELECT, description="big ones", labels={"team": "data"}).hash == JobSpec(SELECT).hash


def test_text_that_is_no_job() -> None:
    """The error has a code; nothing is deployed."""
    with pytest.raises(SqlError) as caught:
        spec_from_sql("  ", "big")
    assert caught.value.code
    with pytest.raises(SqlError):
        plan_of(JobSpec("  "))


ANNOTATED = """-- @name: big
-- @version: 3
CREATE STREAM orders (id BIGINT, amount DOUBLE) WITH (topic = 'orders', format = 'json');
CREATE STREAM big WITH (topic = 'big_orders') AS SELECT id FROM orders WHERE amount > 100;
"""


def test_spec_and_plan_agree() -> None:
    """What is deployed is what a worker reads back: the same text, the same topics; a given version wins."""
    name, spec = spec_from_sql(ANNOTATED, "big")
    assert (name, spec.version, spec.sql) == ("big", "3", ANNOTATED)
    assert (spec.inputs, spec.outputs) == (("orders",), ("big_orders",))
    plan = plan_of(spec)
    assert (plan.input_topics, plan.output_topics) == (spec.inputs, spec.outputs)
    assert spec_from_sql(ANNOTATED, "big", version="4")[1].version == "4"


def test_a_bare_select_writes_to_the_output_of_its_job() -> None:
    """At every door the same: `<job>.output`, unless whoever deploys names another."""
    _, spec = spec_from_sql(SELECT_ALL, "big")
    assert (spec.output_topic, spec.outputs, plan_of(spec).output_topics) == ("big.output", ("big.output",), spec.outputs)
    assert spec_from_sql(SELECT_ALL, "big", output_topic="other")[1].outputs == ("other",)


@pytest.mark.parametrize("topic", ["a b/..", "", ".", "..", "a" * 250, "a\0", "té", "a\n"])
@pytest.mark.parametrize("sql", [SELECT_ALL, ANNOTATED], ids=["bare", "names its output"])
def test_an_output_that_can_be_no_topic(topic: str, sql: str) -> None:
    """Refused where it is deployed, and not found out by a worker; also where the text does not use it."""
    with pytest.raises(SqlError) as caught:
        spec_from_sql(sql, "big", output_topic=topic)
    assert caught.value.code == "bad_topic"
