"""Recorded histories replay for ever; stored bytes do not drift."""

import json
from pathlib import Path
from typing import Any

import pytest

from slackwater.core.codec import (
    LogEvent,
    UnknownEvent,
    canonical,
    event_data,
    event_from,
    job_data,
    readable_text,
    time_text,
)
from slackwater.core.events import EVENTS, SCHEMA_VERSION, name_of
from slackwater.core.evolve import FOLD_VERSION, evolve_recorded
from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.policy.events import POLICY_EVENTS
from slackwater.core.recorded import GENESIS
from slackwater.core.transition_table import JOB_TRANSITIONS, Row
from slackwater.persistence.rows import event_row, hash_again

from .examples import EXAMPLES
from .folds import FILES, fold_row, fold_rows, lines_of, read
from .golden import FILE, golden_row, golden_rows
from .record import HISTORIES

BY_NAME = [file.stem for file in FILES]


def fold(rows: list[dict[str, Any]], taken: set[Row] | None = None) -> dict[str, Job]:
    """Every job of a history, with the chain checked on the way."""
    jobs: dict[str, Job] = {}
    prev = GENESIS
    for place, row in enumerate(rows, 1):
        recorded = read(row)
        assert recorded.seq == place
        assert recorded.prev_hash == prev
        assert hash_again(recorded) == recorded.hash
        before = jobs.get(recorded.job_id)
        after = jobs[recorded.job_id] = evolve_recorded(before, recorded)
        if taken is not None and before is not None:
            taken.add(Row(before.state, name_of(recorded.event), after.state))
        prev = recorded.hash
    return jobs


def _as_then(value: Any, recorded: Any) -> Any:
    """A job of today in the fields that were recorded: what came to be folded out of the events since is left out."""
    if isinstance(recorded, dict):
        return {name: _as_then(value[name], recorded[name]) for name in recorded}
    if isinstance(recorded, list) and len(recorded) == len(value):
        return [_as_then(one, then) for one, then in zip(value, recorded, strict=True)]
    return value


@pytest.mark.parametrize("file", FILES, ids=BY_NAME)
def test_history(file: Path) -> None:
    """The chain verifies by recomputation and the fold gives the recorded jobs, or fails with the recorded error."""
    head, rows, jobs = lines_of(file)
    assert head["history"]
    if head["expects"] == "IllegalTransition":
        fold(rows[:-1])
        assert hash_again(read(rows[-1])).hex() == rows[-1]["hash"], "the chain must not be what is wrong"
        with pytest.raises(IllegalTransition):
            fold(rows)
    elif head["expects"] == "UnknownEvent":
        fold(rows[:-1])
        with pytest.raises(UnknownEvent):
            fold(rows)
    else:
        assert head["expects"] is None
        assert _as_then([job_data(job) for _, job in sorted(fold(rows).items())], jobs) == jobs
        assert jobs


@pytest.mark.parametrize("file", FILES, ids=BY_NAME)
def test_another_fold_has_another_number(file: Path) -> None:
    """Snapshots rest on it: where a job comes out otherwise after any event, FOLD_VERSION grows and has rows of its own."""
    golden = [row for row in fold_rows() if (row["fold_version"], row["history"]) == (FOLD_VERSION, file.stem)]
    assert golden == [fold_row(file)]


@pytest.mark.parametrize("file", FILES, ids=BY_NAME)
def test_rows_are_written_as_they_were(file: Path) -> None:
    """This code would store the same columns and the same bytes for every row it can read."""
    head, rows, _ = lines_of(file)
    for row in rows[: -1 if head["expects"] == "UnknownEvent" else None]:
        recorded = read(row)
        text = readable_text(recorded.event)
        assert text is not None
        again = event_row(recorded, text)
        texts = {"at": time_text(again["at"]), "prev_hash": again["prev_hash"].hex(), "hash": again["hash"].hex()}
        assert {**again, **texts} == row


def test_an_edited_row_is_noticed() -> None:
    """A word changed in the middle no longer fits its hash, and no later row can hide it."""
    _, rows, _ = lines_of(FILES[0])
    place = next(n for n, row in enumerate(rows) if row["type"] == "PauseRequested")
    rows[place]["data"] = rows[place]["data"].replace("maintenance", "a good reason")
    assert hash_again(read(rows[place])).hex() != rows[place]["hash"]
    with pytest.raises(AssertionError):
        fold(rows)


def test_both_failures_are_recorded() -> None:
    """One history must fail by illegal order and one by an unknown event; the others must not fail."""
    expected = [lines_of(file)[0]["expects"] for file in FILES]
    assert sorted(filter(None, expected)) == ["IllegalTransition", "UnknownEvent"]


def test_every_script_has_its_recording() -> None:
    """And every recording its script, so that a reader finds how it came about."""
    assert set(BY_NAME) == set(HISTORIES)


def test_histories_take_most_of_the_table() -> None:
    """Recorded lives are worth keeping only if they go through the table: no event type may be missing."""
    taken: set[Row] = set()
    for file in FILES:
        head, rows, _ = lines_of(file)
        if head["expects"] is None:
            fold(rows, taken)
    assert taken <= set(JOB_TRANSITIONS)
    assert {row.event for row in taken} == set(EVENTS)


@pytest.mark.parametrize("event", EXAMPLES, ids=name_of)
def test_golden_bytes(event: LogEvent) -> None:
    """The stored bytes and the hash of each event type are those of the golden row, and come back as the same event."""
    golden = next(row for row in golden_rows() if (row["type"], row["schema_version"]) == (name_of(event), SCHEMA_VERSION))
    assert golden_row(event) == golden
    back = event_from(golden["type"], golden["schema_version"], json.loads(golden["data"]))
    assert back == event
    assert canonical(event_data(back)).decode() == golden["data"]


def test_golden_rows_are_complete() -> None:
    """One row for each type and version ever released, none twice; see tests/tidy for new types."""
    kinds = [(row["type"], row["schema_version"]) for row in golden_rows()]
    assert len(kinds) == len(set(kinds))
    assert {name for name, _ in kinds} == {*EVENTS, *POLICY_EVENTS}
    assert FILE.read_bytes().endswith(b"\n")
