"""Any text at all: a plan or an SqlError."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from slackwater.core.sql.errors import SqlError
from slackwater.core.sql.parse import parse_job
from slackwater.core.sql.verbs import parse_verb

VOCABULARY = """SELECT FROM WHERE AND OR NOT ( ) , ; * + - / % || = <> < 'x' 'it''s' "q" 1 1.5 1e9 NULL TRUE id orders AS
    CASE WHEN THEN ELSE END CAST TRY_CAST BIGINT DECIMAL(10,2) upper ( coalesce ( IN BETWEEN LIKE IS UNION ALL PRIMARY KEY
    CREATE STREAM WITH topic='t' INSERT INTO GROUP BY EMIT CHANGES JOIN LIMIT :: . [ ] { } -> @ ? $1 :x -- /* */ \n
    PAUSE JOB RESUME HOLD REASON SHOW HISTORY OF DISTINCT OVER EXISTS INTERVAL DATE"""
WORDS = st.sampled_from(VOCABULARY.split())


def only_sql_errors(text: str) -> None:
    with contextlib.suppress(SqlError):
        parse_job(text, output_topic="out")
    with contextlib.suppress(SqlError):
        parse_verb(text)


@settings(max_examples=300, deadline=2000)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Text of any characters raises nothing but SqlError."""
    only_sql_errors(text)


@settings(max_examples=700, deadline=2000)
@given(st.lists(WORDS, max_size=30))
def test_any_words(words: list[str]) -> None:
    """Words of the language in any order raise nothing but SqlError."""
    only_sql_errors(" ".join(words))
    only_sql_errors("CREATE STREAM orders (id BIGINT, q VARCHAR);\nINSERT INTO b SELECT " + " ".join(words) + " FROM orders")


@settings(max_examples=60, deadline=4000)
@given(
    st.sampled_from(["(", "NOT ", "- ", "CASE WHEN ", "id + ", "upper(", "[", "{'a':", "CAST(", "id OR ", "x IN (", "/*"]),
    st.integers(1, 3000),
)
def test_any_depth(opening: str, times: int) -> None:
    """However deep a text is nested, there is no RecursionError and no hang."""
    only_sql_errors("INSERT INTO b SELECT " + opening * times + " 1 AS x FROM orders")
