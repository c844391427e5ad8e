"""Every file of tests/sql_cases: what the language takes and gives, and what it refuses, and where."""

import json
import re
from pathlib import Path

import pytest
from tests.unit.sql.kafka_records import batch_of

from slackwater.core.sql.errors import SqlError
from slackwater.core.sql.parse import parse_job
from slackwater.streams.engine import Engine

CASES = Path(__file__).parents[2] / "sql_cases"
ACCEPTED = sorted((CASES / "accepted").glob("*.sql"))
REFUSED = sorted((CASES / "refused").glob("*.sql"))


def text_of(value: bytes | str | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("case", REFUSED, ids=lambda path: path.stem)
def test_refused(case: Path) -> None:
    """What the language does not have is refused with a code, a line, a column and a hint, never ignored."""
    text = case.read_text("utf-8")
    expected = re.match(r"-- fails: (\w+) at (\d+):(\d+), (.+)\n", text)
    assert expected is not None, "a refused case begins with -- fails: code at line:column, hint"
    with pytest.raises(SqlError) as refusal:
        parse_job(text)
    error = refusal.value
    assert (error.code, error.line, error.column) == (expected[1], int(expected[2]), int(expected[3]))
    assert error.hint == expected[4]
    assert f"{error.message} ({error.hint})" in str(error)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda path: path.stem)
def test_accepted(case: Path) -> None:
    """What the language has does what is written next to it: outputs in input order, poison named, nothing lost."""
    lines = [json.loads(line) for line in case.with_suffix(".jsonl").read_text("utf-8").splitlines()]
    plan = parse_job(case.read_text("utf-8"))
    outcome = Engine(plan).run(batch_of(plan.input_topics[0], [line["in"] for line in lines if "in" in line]))
    got = [
        {"out": topic, "key": text_of(row["key"]), "value": text_of(row["value"])}
        for topic, rows in outcome.outputs.items()
        for row in rows
    ]
    got += [{"dead": letter.offset, "code": letter.code} for letter in outcome.dead_letters]
    assert got == [line for line in lines if "in" not in line]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda path: path.stem)
def test_one_by_one_is_the_same(case: Path) -> None:
    """What becomes of a record does not depend on the batch it came in."""
    values = [
        line["in"] for line in map(json.loads, case.with_suffix(".jsonl").read_text("utf-8").splitlines()) if "in" in line
    ]
    plan = parse_job(case.read_text("utf-8"))
    engine, topic = Engine(plan), plan.input_topics[0]
    whole = engine.run(batch_of(topic, values))
    singles = [engine.run(batch_of(topic, [value], first)) for first, value in enumerate(values)]
    for output, rows in whole.outputs.items():
        assert rows == [row for single in singles for row in single.outputs[output]]
    assert whole.dead_letters == [letter for single in singles for letter in single.dead_letters]


def test_there_are_enough_probes() -> None:
    """The list of refusals and of what is accepted does not shrink unnoticed."""
    assert len(REFUSED) >= 170
    assert len(ACCEPTED) >= 60
