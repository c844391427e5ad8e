"""The engine: locked down, poison named, the rest unaffected."""

import time

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sql.kafka_records import batch_of

from slackwater.core.sql.errors import SqlError
from slackwater.core.sql.parse import parse_job
from slackwater.streams.batch import Batch
from slackwater.streams.engine import Engine, PoisonRecord
from slackwater.streams.locked_duckdb import LockedDuckDB
from slackwater.streams.standing import Unmendable

ORDERS = "CREATE STREAM orders (id BIGINT, name VARCHAR) WITH (topic='orders');\n"
TENTH = ORDERS + "INSERT INTO big SELECT id, 10 / id AS tenth FROM orders WHERE name <> 'x' OR 10 / id > 1"


def test_poison_in_the_middle() -> None:
    """The other records of the batch come out, in order, and each poison record is named with its place."""
    outcome = Engine(parse_job(TENTH)).run(
        batch_of(
            "orders",
            ['{"id":1}', "no", '{"id":5,"name":"a"}', '{"id":0,"name":"a"}', '{"id":"2"}', None, '{"id":10,"name":"b"}'],
            100,
        )
    )
    assert [row["key"] for row in outcome.outputs["big"]] == [b"k100", b"k102", b"k106"]
    assert [(letter.offset, letter.code) for letter in outcome.dead_letters] == [
        (101, "bad_json"),
        (103, "expression_error"),
        (104, "bad_field"),
        (105, "null_value"),
    ]
    assert outcome.dead_letters[0].value == b"no"
    assert outcome.taken == 7


def test_a_message_holds_no_data() -> None:
    """What a dead letter's message says may end up in logs and events: it names the field, never the value."""
    outcome = Engine(parse_job(TENTH)).run(batch_of("orders", ['{"id":"s3cret"}', '{"id":0,"name":"s3cret"}']))
    assert len(outcome.dead_letters) == 2
    assert not any("s3cret" in letter.message for letter in outcome.dead_letters)


def test_not_utf8() -> None:
    """A value that is no UTF-8 is poison; its neighbours are not."""
    batch = batch_of("orders", ['{"id":1}', None, '{"id":2}'])
    outcome = Engine(parse_job(TENTH)).run(
        Batch("orders", batch.keys, [batch.values[0], b'{"id":\xff}', batch.values[2]], batch.messages)
    )
    assert len(outcome.outputs["big"]) == 2
    assert outcome.dead_letters[0].message == "the value is not UTF-8"


def test_a_key_that_is_no_text() -> None:
    """A key is passed on as it is; only reading it as _key needs it to be text."""
    text = "INSERT INTO big SELECT {} AS a FROM raw"
    batch = batch_of("raw", ["{}", "{}"])
    odd = Batch("raw", [b"\xff", None], batch.values, batch.messages)
    assert [row["key"] for row in Engine(parse_job(text.format("1"))).run(odd).outputs["big"]] == [b"\xff", None]
    outcome = Engine(parse_job(text.format("_key"))).run(odd)
    assert [letter.message for letter in outcome.dead_letters] == ["_key is no VARCHAR"]
    assert outcome.outputs["big"] == [{"key": None, "value": '{"a":null}'}]


def test_fail_stops_at_the_first() -> None:
    """With @on_error: fail the first poison record is named and nothing is handed out."""
    with pytest.raises(PoisonRecord, match=r"orders\[0\] offset 1: bad_json") as failure:
        Engine(parse_job("-- @on_error: fail\n" + TENTH)).run(batch_of("orders", ['{"id":1}', "no", "no"]))
    assert failure.value.letter.offset == 1


def test_poison_to_one_of_two() -> None:
    """A record that is poison to one pipeline is one dead letter and still goes through the other."""
    selects = {"a": "1 / id AS x", "b": "id", "c": "2 / id AS x"}
    text = ORDERS + ";".join(f"INSERT INTO {name} SELECT {items} FROM orders" for name, items in selects.items())
    outcome = Engine(parse_job(text)).run(batch_of("orders", ['{"id":0}']))
    assert outcome.outputs["b"] == [{"key": b"k0", "value": '{"id":0}'}]
    assert (outcome.outputs["a"], outcome.outputs["c"], len(outcome.dead_letters)) == ([], [], 1)


def test_other_topics_and_empty_batches() -> None:
    """A topic the job does not read, or no record at all, gives nothing."""
    engine = Engine(parse_job(TENTH))
    assert engine.run(batch_of("other", ["{}"])).outputs == {}
    assert engine.run(batch_of("orders", [])).outputs == {"big": []}


def test_what_duckdb_does_not_take() -> None:
    """A job that can never run is refused when the engine is made, not with its first record."""
    with pytest.raises(SqlError, match="the job cannot run"):
        Engine(parse_job(ORDERS + "INSERT INTO b SELECT regexp_matches(name, '(') AS x FROM orders"))


@pytest.mark.parametrize(
    "value", ["no", '{"id":"1"}', '{"id":0,"name":"a"}', None], ids=["json", "field", "expression", "null"]
)
def test_nothing_but_poison(value: str | None) -> None:
    """Poison costs as much as there is of it: ten times the records take about ten times the work, not a hundred times."""
    engine = Engine(parse_job(TENTH))

    def work_s(count: int) -> float:
        batch, began = batch_of("orders", [value] * count), time.process_time()
        outcome = engine.run(batch)
        assert (len(outcome.dead_letters), outcome.outputs["big"]) == (count, [])
        return time.process_time() - began

    work_s(100)
    assert work_s(20_000) < 50 * work_s(2_000)


def test_the_deepest_and_the_longest() -> None:
    """What the parser accepts DuckDB accepts: the limits fit together."""
    deep = " + ".join(["id"] * 95)
    longest = " OR ".join(["id = 1"] * 2000)
    nested = "upper(" * 40 + "name" + ")" * 40
    engine = Engine(parse_job(ORDERS + f"INSERT INTO b SELECT {deep} AS x, {nested} AS y FROM orders WHERE {longest}"))
    assert engine.run(batch_of("orders", ['{"id":1}'])).outputs["b"] == [{"key": b"k0", "value": '{"x":95,"y":null}'}]


VALUES = st.sampled_from(
    [
        '{"id":1,"name":"a"}',
        '{"id":0}',
        '{"id":0,"name":"x"}',
        '{"id":20,"name":"x"}',
        '{"id":1.5}',
        "no",
        None,
        "{}",
        '{"name":"x"}',
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, max_size=12), st.integers(0, 12))
def test_batches_do_not_matter(values: list[str | None], cut: int) -> None:
    """Cut a partition's records anywhere: outputs and dead letters are the same."""
    whole = SHARED.run(batch_of("orders", values))
    parts = [
        SHARED.run(batch_of("orders", values[:cut])),
        SHARED.run(batch_of("orders", values[cut:], min(cut, len(values)))),
    ]
    assert whole.outputs["big"] == [row for part in parts for row in part.outputs["big"]]
    assert whole.dead_letters == [letter for part in parts for letter in part.dead_letters]


SHARED = Engine(
    parse_job(
        ORDERS + "INSERT INTO big SELECT id, 10 / id AS x FROM orders WHERE name <> 'x' OR 10 / id > 1 UNION ALL "
        "SELECT id, 1.0 AS x FROM orders WHERE id > 0"
    )
)


def _wide(entries: int) -> str:
    """A record that is a small row, and takes much memory to read."""
    return '{"id":5,"name":"a","more":[' + "1," * entries + "1]}"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("no", "bad_json"),
        # The half that it is in is worked on with care, the other is not.
        ('{"id":0,"name":"a"}', "expression_error"),
    ],
)
def test_more_than_the_memory_holds_at_once(bad: str, code: str) -> None:
    """Such a batch is worked on in parts: what becomes of a record is what becomes of it alone."""
    engine = Engine(parse_job(TENTH), memory_limit="24MB")
    outcome = engine.run(batch_of("orders", [*[_wide(30_000)] * 30, bad, *[_wide(30_000)] * 30], 100))
    assert [row["key"] for row in outcome.outputs["big"]] == [f"k{n}".encode() for n in range(100, 161) if n != 130]
    assert [(letter.offset, letter.code) for letter in outcome.dead_letters] == [(130, code)]


def test_one_record_is_more_than_the_memory_holds() -> None:
    """Real memory, really exceeded: the job fails with the record's place, and nothing of it is in the message."""
    engine = Engine(parse_job(TENTH), memory_limit="24MB")
    with pytest.raises(Unmendable) as failed:
        engine.run(batch_of("orders", ['{"id":5}', _wide(2_000_000), '{"id":5}'], 100))
    assert failed.value.code == "resource_limit"
    assert str(failed.value).startswith("orders[0] offset 101: ")


def test_a_query_without_end_names_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Topic, partition and offsets of what was worked on stand in the failure of a query that was interrupted."""
    engine = Engine(parse_job(TENTH))

    def interrupted(*_: object) -> None:
        raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")

    monkeypatch.setattr(LockedDuckDB, "query", interrupted)
    with pytest.raises(duckdb.InterruptException, match=r"orders\[0\] offset 100 to 149: INTERRUPT"):
        engine.run(batch_of("orders", ['{"id":5}'] * 50, 100))
