"""What parse_job makes of a text as a whole."""

import pytest

from slackwater.core.sql.errors import SqlError, Text
from slackwater.core.sql.parse import SELECTS_MAX, TEXT_BYTES_MAX, parse_job
from slackwater.core.sql.plan import JobOptions
from slackwater.core.sql.select import FIELDS_MAX

DECLARED = "CREATE STREAM orders (id BIGINT) WITH (topic='orders.raw', timestamp='id');\n"
TEXTS = "CREATE STREAM orders (id BIGINT, customer VARCHAR) WITH (topic='orders.raw');\n"


def test_a_bare_select_takes_the_given_topic() -> None:
    """`deploy_job("j", "1.0", "SELECT * FROM topic", "topic")`: the caller says where it goes, an annotation overrules."""
    assert parse_job("SELECT * FROM orders", output_topic="out").output_topics == ("out",)
    assert parse_job("-- @output: said\nSELECT * FROM orders", output_topic="out").output_topics == ("said",)


def test_topics_and_lineage() -> None:
    """Topics come sorted, each once; lineage says which goes into which."""
    plan = parse_job(
        DECLARED
        + "INSERT INTO b SELECT id FROM orders;INSERT INTO a SELECT id FROM orders;INSERT INTO a SELECT id FROM orders"
    )
    assert plan.input_topics == ("orders.raw",)
    assert plan.output_topics == ("a", "b")
    assert plan.lineage == (("orders.raw", "a"), ("orders.raw", "b"))
    assert plan.pipelines[0].source.timestamp == "id"


def test_annotations_become_the_plan() -> None:
    """Every annotation arrives; their names are case-insensitive."""
    text = (
        "-- @name: orders_big\n-- @VERSION: 2\n-- @description: all: of them\n-- @label: a=1\n-- @label: b=2\n"
        "-- @start: latest\n-- @on_error: fail\n-- @dead_letter_topic: dead\n-- @deterministic: false\n"
        "INSERT INTO b SELECT * FROM a"
    )
    plan = parse_job(text)
    assert (plan.name, plan.version, plan.description) == ("orders_big", "2", "all: of them")
    assert plan.labels == {"a": "1", "b": "2"}
    assert plan.options == JobOptions("latest", "fail", "dead", False)
    assert plan.dead_letter_topic("a") == "dead"


def test_dead_letters_have_a_topic_of_their_own() -> None:
    """Without an annotation each input has its dead-letter topic."""
    assert parse_job("INSERT INTO b SELECT * FROM a").dead_letter_topic("a") == "a.dead_letters"


def test_volatile_functions_need_leave() -> None:
    """now() is refused unless the job says that it may differ from run to run; other volatile ones always are."""
    text = "-- @deterministic: false\n" + DECLARED + "INSERT INTO b SELECT {} AS x FROM orders"
    assert parse_job(text.format("now()")).pipelines[0].select is not None
    for call in ("nextval('x')", "now(1)", "setseed(1)"):
        with pytest.raises(SqlError, match="another value each time"):
            parse_job(text.format(call))


def test_a_large_text_is_refused_before_it_is_read() -> None:
    """More than 256 KiB is `too_large`, at once."""
    with pytest.raises(SqlError) as refusal:
        parse_job("SELECT " + "(" * TEXT_BYTES_MAX)
    assert refusal.value.code == "too_large"


def test_an_expression_may_not_grow() -> None:
    """A short text whose SQL would grow without bound is refused, and quickly."""
    with pytest.raises(SqlError) as refusal:
        parse_job(DECLARED + "INSERT INTO b SELECT " + "1 / (id + " * 30 + "1" + ")" * 30 + " AS x FROM orders")
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize(
    ("expression", "is_taken"),
    [
        (f"concat({', '.join(['customer'] * 100)})", True),
        (f"concat({', '.join(['customer'] * 101)})", False),
        (f"concat({', '.join(['customer', repr(', ')] * 100)})", True),
        (f"concat(concat({', '.join(['customer'] * 60)}), {', '.join(['customer'] * 60)})", False),
        (" || ".join(["customer"] * 90), True),
        (f"replace({' || '.join(['customer'] * 51)}, 'a', 'bb')", False),
        (f"CASE WHEN id > 1 THEN {' || '.join(['customer'] * 90)} ELSE {' || '.join(['customer'] * 90)} END", True),
    ],
)
def test_a_text_may_not_grow_without_bound(expression: str, is_taken: bool) -> None:
    """Joining adds up and replacing multiplies: more than a hundred times the longest text is refused, where it stands."""
    for text in (f"SELECT {expression} AS x FROM orders", f"SELECT id FROM orders WHERE {expression} = 'a'"):
        if is_taken:
            parse_job(f"{TEXTS}INSERT INTO b {text}")
            continue
        with pytest.raises(SqlError) as refusal:
            parse_job(f"{TEXTS}INSERT INTO b {text}")
        assert (refusal.value.code, refusal.value.line) == ("too_large", TEXTS.count("\n") + 1)
        assert refusal.value.hint == "join fewer texts, or make several fields of them"


def test_a_long_chain_of_conditions_is_read() -> None:
    """AND has no limit: what each side may grow to does not add up."""
    sides = " AND ".join(["concat(customer, customer) <> 'a'"] * 1500)
    assert parse_job(f"{TEXTS}INSERT INTO b SELECT id FROM orders WHERE {sides}").pipelines[0].where


@pytest.mark.parametrize(
    ("frame", "between", "parts"),
    [
        ("INSERT INTO b SELECT\n{} FROM orders", ",\n", [f"id AS x{n}" for n in range(FIELDS_MAX + 1)]),
        ("\n{}", ";\n", ["INSERT INTO b SELECT id FROM orders"] * (SELECTS_MAX + 1)),
    ],
    ids=["fields", "SELECTs"],
)
def test_a_job_has_so_many_fields_and_selects(frame: str, between: str, parts: list[str]) -> None:
    """One more than the most is `too_large`, at its place."""
    parse_job(DECLARED + frame.format(between.join(parts[:-1])))
    with pytest.raises(SqlError) as refusal:
        parse_job(DECLARED + frame.format(between.join(parts)))
    assert (refusal.value.code, refusal.value.hint) == ("too_large", "make it several jobs")
    assert refusal.value.line == DECLARED.count("\n") + 1 + len(parts)


def test_an_error_shows_the_place() -> None:
    """As text an error is a line with place and hint, then the line of the job with a caret under the place."""
    with pytest.raises(SqlError) as refusal:
        parse_job("INSERT INTO b\nSELECT amount + 1 AS x FROM raw")
    first, line, caret = str(refusal.value).splitlines()
    assert first.startswith("line 2, column 8: amount has no type")
    assert refusal.value.hint is not None
    assert refusal.value.hint in first
    assert line.index("amount") == caret.index("^")


def test_the_excerpt_of_a_long_line_is_short() -> None:
    """A line of any length shows about a hundred characters of it, the caret still in place."""
    text = Text("x" * 5000 + "HERE" + "y" * 5000)
    _, line, caret = str(text.error("c", "m", 5000, "h")).splitlines()
    assert len(line) < 120
    assert line[caret.index("^") :].startswith("HERE")


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_what_is_no_text_is_refused(character: str) -> None:
    """NUL and lone surrogates are refused where they stand."""
    with pytest.raises(SqlError) as refusal:
        parse_job(f"SELECT '{character}'")
    assert (refusal.value.code, refusal.value.column) == ("syntax_error", 9)
