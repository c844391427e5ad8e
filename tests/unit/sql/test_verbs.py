"""The grammar of job verbs."""

import re
from pathlib import Path

import pytest

from slackwater.core.sql.errors import SqlError
from slackwater.core.sql.verbs import JobVerb, parse_verb


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("START JOB a", JobVerb("start", "a")),
        ("start query a ;", JobVerb("start", "a")),
        ("PAUSE JOB orders.big-1", JobVerb("pause", "orders.big-1")),
        ("Pause Job a Reason 'it''s late' Hold night", JobVerb("pause", "a", "it's late", "night")),
        ("PAUSE JOB a\nHOLD night\nREASON 'x'", JobVerb("pause", "a", "x", "night")),
        ("PAUSE JOB a FOR '30m'", JobVerb("pause", "a", lasts="30m")),
        ("PAUSE JOB a UNTIL '2026-11-24T14:30' HOLD night", JobVerb("pause", "a", hold="night", until="2026-11-24T14:30")),
        ("RESUME JOB a", JobVerb("resume", "a")),
        ("RESUME JOB a HOLD night", JobVerb("resume", "a", None, "night")),
        ("RESUME JOB a ALL", JobVerb("resume", "a", all_holds=True)),
        ("STOP JOB a REASON 'done'", JobVerb("stop", "a", "done")),
        ("SHOW JOBS", JobVerb("jobs")),
        ("list queries;", JobVerb("jobs")),
        ("SHOW HISTORY OF JOB a", JobVerb("history", "a")),
    ],
)
def test_verbs(text: str, verb: JobVerb) -> None:
    """Case does not matter, QUERY is JOB, clauses come in any order, one semicolon may end it."""
    assert parse_verb(text) == verb


@pytest.mark.parametrize("text", ["", "  ", "SELECT 1", "CREATE STREAM x AS SELECT 1", "-- PAUSE JOB x", "1"])
def test_what_is_no_verb_is_left_alone(text: str) -> None:
    """None means: the language itself may have a try."""
    assert parse_verb(text) is None


@pytest.mark.parametrize(
    ("text", "code", "place", "hint"),
    [
        ("PAUSE test", "syntax_error", (1, 7), "PAUSE JOB name"),
        ("PAUSE JOB", "syntax_error", (1, 10), "letters, digits, . _ -"),
        ("PAUSE JOB 'a'", "syntax_error", (1, 11), "letters, digits, . _ -"),
        ("PAUSE JOB Orders", "bad_name", (1, 11), "1-63 of a-z 0-9 . _ -"),
        ("PAUSE JOB ../x", "bad_name", (1, 11), "1-63 of a-z 0-9 . _ -"),
        ("PAUSE JOB a REASON why", "syntax_error", (1, 20), "write it in '…'"),
        ("PAUSE JOB a REASON 'open", "syntax_error", (1, 20), "write it in '…'"),
        ("PAUSE JOB a HOLD", "syntax_error", (1, 17), "letters, digits, . _ -"),
        ("START JOB a UNTIL '10:00'", "unsupported_clause", (1, 13), "once each: REASON"),
        ("PAUSE JOB a FOR 5", "syntax_error", (1, 17), "write it in '…'"),
        ("PAUSE JOB a ALL", "unsupported_clause", (1, 13), "once each: REASON, HOLD, FOR, UNTIL"),
        ("PAUSE JOB a HOLD x HOLD y", "unsupported_clause", (1, 20), "once each: REASON, HOLD, FOR, UNTIL"),
        ("PAUSE JOB a;\nDROP", "unsupported_clause", (1, 12), "once each: REASON, HOLD, FOR, UNTIL"),
        ("RESUME JOB a\nHOLD x ALL", "syntax_error", (2, 8), "release one hold or all"),
        ("PAUSE JOB a FOR '1h' UNTIL '10:00'", "syntax_error", (1, 28), "a hold ends after a while or at a time"),
        ("STOP JOB a FORCE", "unsupported_clause", (1, 12), "once each: REASON"),
        ("EXPLAIN PAUSE JOB a", "unsupported_statement", (1, 1), "START, PAUSE, RESUME, STOP, DRAIN, KILL"),
        ("DEPLOY JOB a AS SELECT 1", "unsupported_statement", (1, 1), "START, PAUSE, RESUME, STOP, DRAIN, KILL"),
        ("SHOW TOPICS", "unsupported_statement", (1, 6), "SHOW JOBS, SHOW HISTORY OF JOB name"),
        ("SHOW HISTORY OF JOB a b", "unsupported_statement", (1, 21), "SHOW JOBS, SHOW HISTORY OF JOB name"),
    ],
)
def test_a_verb_that_is_not_written_right(text: str, code: str, place: tuple[int, int], hint: str) -> None:
    """A verb is never half obeyed: anything left over is refused with a place and a hint."""
    with pytest.raises(SqlError) as refusal:
        parse_verb(text)
    error = refusal.value
    assert (error.code, (error.line, error.column), error.hint) == (code, place, hint)


PAGE = (Path(__file__).parents[3] / "docs/sql.md").read_text("utf-8").split("## Job verbs")[1].split("\n## ")[0]


def test_what_the_page_offers_is_read() -> None:
    """Every form of docs/sql.md is a verb, with each of its clauses."""
    forms = re.findall(r"`((?:START|PAUSE|RESUME|STOP|SHOW) [^`]*)`", PAGE)
    assert len(forms) == 6
    for form in forms:
        bare, *clauses = re.split(r" \[|\](?: \[)?", form.replace("…", "why"))
        for clause in ("", *(one for several in clauses for one in several.split(" | ") if one)):
            assert parse_verb(f"{bare} {clause}") is not None


def test_what_the_page_refuses_is_refused() -> None:
    """And what it says is refused is not quietly taken."""
    refused = re.findall(r"`([A-Z]+)`", re.split(r"(?<=\.) ", PAGE.replace("\n", " ").split(" refused")[0])[-1])
    assert len(refused) >= 3
    for word in refused:
        with pytest.raises(SqlError):
            parse_verb(f"{word} JOB a")
