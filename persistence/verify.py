"""verify: is the log what it was, and is every job what its events say?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from slackwater.core.codec import job_data
from slackwater.core.evolve import evolve_recorded
from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.policy.policy import NO_POLICY, POLICY_ID, ForeignEvent, evolve_policy_recorded
from slackwater.core.recorded import GENESIS, Recorded

from .errors import StoreError
from .rows import hash_again
from .store import EventStore, Head, Snapshot, Unreadable

CHUNK_EVENTS: Final = 1000
PROBLEMS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` names the seq of each event and the job of each row found at fault, up to PROBLEMS_MAX. A cut-off tail
    together with its chain row is not seen: only an anchor outside the database shows that."""

    ok: bool
    events: int
    jobs: int
    problems: tuple[str, ...]
    head: str
    """Hash (hex) of the last event: note it elsewhere to anchor the log."""
    proven: int = 0
    """The chain is whole up to this event; what follows it is the first problem, if there is one."""


def verify(store: EventStore, progress: Callable[[int, int], None] | None = None) -> Verdict:
    """Recompute the chain, replay jobs and policy, compare with the projection and with each snapshot.

    Reads in chunks, and tells `progress(done, total)`.
    Whatever stands in the log becomes a problem of the verdict; raises StoreUnavailable, and nothing else.
    """
    examiner = _Examiner()
    try:
        snapshot = store.snapshot(0)
        while (chunk := store.scan(examiner.seq, CHUNK_EVENTS)) and len(examiner.problems) < PROBLEMS_MAX:
            for found in chunk:
                examiner.take(found)
                if snapshot is not None and snapshot.seq <= found.seq:
                    examiner.compare(snapshot)
                    snapshot = store.snapshot(snapshot.seq)
            if progress is not None:
                progress(examiner.seq, max(store.head().seq, examiner.seq))
        jobs, unreadable = store.jobs(), store.unreadable_jobs()
        for found in store.scan(examiner.seq, CHUNK_EVENTS):
            # What was appended while we looked, so that a live log is not called damaged.
            examiner.take(found)
        examiner.finish(store.head(), jobs, unreadable)
        if snapshot is not None:
            examiner.compare(snapshot)
    except StoreError as error:
        if error.retryable:
            raise
        examiner.problems.append(f"after event {examiner.seq}: {error.message}")
    problems = tuple(examiner.problems[:PROBLEMS_MAX])
    return Verdict(not problems, examiner.seq, len(examiner.jobs), problems, examiner.hash.hex(), examiner.proven)


class _Examiner:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.jobs: dict[str, Job] = {}
        self.policy = NO_POLICY
        self.seq = self.proven = 0
        self.hash = GENESIS
        self._lost: set[str] = set()
        """Jobs, or the policy, that cannot be replayed any further: the first fault says so, the rest says nothing new."""

    def take(self, found: Recorded | Unreadable) -> None:
        if found.seq != self.seq + 1:
            self.problems.append(f"event {self.seq + 1} is missing: the next is {found.seq}")
        if isinstance(found, Unreadable):
            self._lose(found, found.why)
        else:
            self._follow(found)
        self.seq, self.hash = found.seq, found.hash
        if not self.problems:
            self.proven = found.seq

    def _follow(self, recorded: Recorded) -> None:
        if recorded.prev_hash != self.hash:
            self.problems.append(f"event {recorded.seq} does not follow event {self.seq}: the chain is broken")
        if hash_again(recorded) != recorded.hash:
            self.problems.append(f"event {recorded.seq} was changed: its hash does not fit")
        try:
            if recorded.job_id in self._lost:
                return
            if recorded.job_id == POLICY_ID:
                self.policy = evolve_policy_recorded(self.policy, recorded)
            else:
                self.jobs[recorded.job_id] = evolve_recorded(self.jobs.get(recorded.job_id), recorded)
        except (IllegalTransition, ForeignEvent) as error:
            self._lose(recorded, str(error))

    def _lose(self, found: Recorded | Unreadable, why: str) -> None:
        self.problems.append(f"event {found.seq} of {found.job_id}: {why}")
        self._lost.add(found.job_id)

    def compare(self, snapshot: Snapshot) -> None:
        """With the fold so far. Of a log that is damaged it would say nothing new."""
        if self.problems:
            return
        folded = {job_id: job for job_id, job in self.jobs.items() if job_id not in snapshot.lost}
        if (snapshot.seq, snapshot.hash, snapshot.jobs) != (self.seq, self.hash, folded):
            self.problems.append(f"the snapshot at event {snapshot.seq} is not what the events say: remove it")

    def finish(self, head: Head, projected: tuple[Job, ...], unreadable: tuple[str, ...]) -> None:
        if (head.seq, head.hash) != (self.seq, self.hash) and head.seq <= self.seq:
            self.problems.append(f"the chain row says {head.seq}, the events end at {self.seq}")
        elif head.seq > self.seq and not self.problems:
            self.problems.append(f"events {self.seq + 1} to {head.seq} are missing")
        self.problems += [f"job {job_id}: its row cannot be read" for job_id in unreadable]
        folded = {job_id: job_data(job) for job_id, job in self.jobs.items()}
        shown = {job.id: job_data(job) for job in projected}
        for job_id in sorted((folded.keys() | shown.keys()) - self._lost - set(unreadable)):
            if folded.get(job_id) != shown.get(job_id):
                self.problems.append(f"job {job_id}: its row is not what its events say")
