"""The list of functions, docs/sql.md and DuckDB say the same."""

import re
from pathlib import Path

import pytest
from tests.unit.sql.kafka_records import batch_of

from slackwater.core.sql.functions import ALIASES, FUNCTIONS, VOLATILE
from slackwater.core.sql.parse import parse_job
from slackwater.streams.engine import Engine

DOCS = Path(__file__).parents[3] / "docs" / "sql.md"
REFUSED = Path(__file__).parents[2] / "sql_cases" / "refused"
SAMPLES = {"text": "'abc'", "number": "amount", "integer": "2", "any": "amount", "time": "TIMESTAMP '2024-05-06 07:08:09'"}
SPECIAL = {
    "date_trunc": "date_trunc('hour', TIMESTAMP '2024-05-06 07:08:09')",
    "date_part": "date_part('hour', TIMESTAMP '2024-05-06 07:08:09')",
    "strptime": "strptime('2024', '%Y')",
    "strftime": "strftime(TIMESTAMP '2024-05-06 07:08:09', '%Y')",
    "regexp_extract": "regexp_extract('abc', 'a(b)', 1)",
}


def row(name: str) -> str:
    function = FUNCTIONS[name]
    required = len(function.params) - function.optional
    shown = [param if i < required else f"[{param}]" for i, param in enumerate(function.params)]
    arguments = ", ".join(shown) + (", …" if function.repeats else "")
    return f"| `{name}({arguments})` | {function.result} | {function.doc} |"


def test_the_table_in_the_docs() -> None:
    """The table users read is the table the parser reads."""
    lines = DOCS.read_text("utf-8").splitlines()
    start = lines.index("| function | gives | |") + 2
    assert lines[start : start + len(FUNCTIONS)] == [row(name) for name in FUNCTIONS]


def test_the_other_names_in_the_docs() -> None:
    """Aliases and volatile functions are documented."""
    text = DOCS.read_text("utf-8")
    for name in [*ALIASES, *VOLATILE]:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_duckdb_has_it(name: str) -> None:
    """Every function runs and gives the type the list says."""
    call = SPECIAL.get(name) or f"{name}({', '.join(SAMPLES[param] for param in FUNCTIONS[name].params)})"
    text = f"CREATE STREAM o (amount DOUBLE);\nINSERT INTO b SELECT {call} AS x FROM o"
    outcome = Engine(parse_job(text)).run(batch_of("o", ['{"amount":4.0}']))
    assert not outcome.dead_letters
    assert '"x":' in outcome.outputs["b"][0]["value"]


@pytest.mark.parametrize("name", [name for name, rendering in VOLATILE.items() if rendering is not None])
def test_volatile_functions_run(name: str) -> None:
    """With leave, a volatile function runs."""
    text = f"-- @deterministic: false\nCREATE STREAM o (amount DOUBLE);\nINSERT INTO b SELECT {name}() AS x FROM o"
    assert Engine(parse_job(text)).run(batch_of("o", ["{}"])).outputs["b"]


def test_the_codes_in_the_docs() -> None:
    """Every code the parser can refuse with is documented: the set is closed."""
    sources = (Path(__file__).parents[3] / "core" / "sql").glob("*.py")
    used = {code for path in sources for code in re.findall(r'rror\w*\(\s*"([a-z_]+)"', path.read_text("utf-8"))}
    used |= {case.read_text("utf-8").split()[2] for case in REFUSED.glob("*.sql")}
    text = DOCS.read_text("utf-8")
    assert [code for code in sorted(used) if f"`{code}`" not in text] == []
    assert len(used) > 25
