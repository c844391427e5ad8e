"""The fold of each recorded history, held by a digest: golden rows for each FOLD_VERSION, kept in folds.golden.jsonl.

`python -m tests.histories.folds` prints the rows this code would write. A row that is there never changes: another fold is
another number, with its own rows.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from slackwater.core.codec import canonical, job_data
from slackwater.core.evolve import FOLD_VERSION, evolve_recorded
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.persistence.rows import recorded_from

HERE: Final = Path(__file__).parent
FILE: Final = HERE / "folds.golden.jsonl"
FILES: Final = sorted(HERE.glob("[0-9]*.jsonl"))


def lines_of(file: Path) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """The head, the rows, and the jobs of a history."""
    head, *rest = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    return head, [line for line in rest if "seq" in line], [line["job"] for line in rest if "job" in line]


def read(row: dict[str, Any]) -> Recorded:
    """A row as a store gives it to `recorded_from`."""
    at = datetime.fromisoformat(row["at"])
    hashes = {"prev_hash": bytes.fromhex(row["prev_hash"]), "hash": bytes.fromhex(row["hash"])}
    return recorded_from({**row, "at": at, **hashes})


def fold_row(file: Path) -> dict[str, Any]:
    """The digest is over every job after each of its events; the event that a history expects to fail is left out."""
    head, rows, _ = lines_of(file)
    jobs: dict[str, Job] = {}
    digest = hashlib.sha256()
    for row in rows[: -1 if head["expects"] else None]:
        job = jobs[row["job_id"]] = evolve_recorded(jobs.get(row["job_id"]), read(row))
        digest.update(canonical(job_data(job)))
    return {"fold_version": FOLD_VERSION, "history": file.stem, "jobs": digest.hexdigest()}


def fold_rows() -> list[dict[str, Any]]:
    """The rows in the file."""
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    for history in FILES:
        print(json.dumps(fold_row(history)))
