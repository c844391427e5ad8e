"""verify: is the log what it was, and is every job what its events say?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from slackwater.core.codec import job_data
from slackwater.core.evolve import evolve_recorded
from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.recorded import GENESIS, Recorded

from .errors import StoreError
from .rows import hash_again
from .store import EventStore, Head

CHUNK_EVENTS: Final = 1000
PROBLEMS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` names the first seq or job of each fault found. A cut-off tail together with its chain row is not seen:
    only an anchor outside the database shows that."""

    ok: bool
    events: int
    jobs: int
    problems: tuple[str, ...]
    head: str
    """Hash (hex) of the last event: note it elsewhere to anchor the log."""


def verify(store: EventStore, progress: Callable[[int, int], None] | None = None) -> Verdict:
    """Recompute the chain, replay every job, compare with the projection. Reads in chunks; `progress(done, total)`."""
    examiner = _Examiner()
    try:
        while (chunk := store.read(examiner.seq, CHUNK_EVENTS)) and len(examiner.problems) < PROBLEMS_MAX:
            for recorded in chunk:
                examiner.take(recorded)
            if progress is not None:
                progress(examiner.seq, max(store.head().seq, examiner.seq))
        jobs = store.jobs()
        for recorded in store.read(examiner.seq, CHUNK_EVENTS):
            # What was appended while we looked, so that a live log is not called damaged.
            examiner.take(recorded)
    except StoreError as error:
        jobs = store.jobs()
        examiner.problems.append(f"after event {examiner.seq}: {error.message}")
    examiner.finish(store.head(), jobs)
    problems = tuple(examiner.problems[:PROBLEMS_MAX])
    return Verdict(not problems, examiner.seq, len(examiner.jobs), problems, examiner.hash.hex())


class _Examiner:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.jobs: dict[str, Job] = {}
        self.seq = 0
        self.hash = GENESIS

    def take(self, recorded: Recorded) -> None:
        if recorded.seq != self.seq + 1:
            self.problems.append(f"event {self.seq + 1} is missing: the next is {recorded.seq}")
        if recorded.prev_hash != self.hash:
            self.problems.append(f"event {recorded.seq} does not follow event {self.seq}: the chain is broken")
        if hash_again(recorded) != recorded.hash:
            self.problems.append(f"event {recorded.seq} was changed: its hash does not fit")
        self.seq, self.hash = recorded.seq, recorded.hash
        try:
            self.jobs[recorded.job_id] = evolve_recorded(self.jobs.get(recorded.job_id), recorded)
        except IllegalTransition as error:
            self.problems.append(f"event {recorded.seq} of {recorded.job_id}: {error}")

    def finish(self, head: Head, projected: tuple[Job, ...]) -> None:
        if (head.seq, head.hash) != (self.seq, self.hash) and head.seq <= self.seq:
            self.problems.append(f"the chain row says {head.seq}, the events end at {self.seq}")
        elif head.seq > self.seq and not self.problems:
            self.problems.append(f"events {self.seq + 1} to {head.seq} are missing")
        folded = {job_id: job_data(job) for job_id, job in self.jobs.items()}
        shown = {job.id: job_data(job) for job in projected}
        for job_id in sorted(folded.keys() | shown.keys()):
            if folded.get(job_id) != shown.get(job_id):
                self.problems.append(f"job {job_id}: its row is not what its events say")
