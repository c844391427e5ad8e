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

from .chain_runs import ChainRuns
from .errors import StoreError
from .store import EventStore, Head, Snapshot, Unreadable
from .tampering import Fault, faults_of

CHUNK_EVENTS: Final = 1000
PROBLEMS_MAX: Final = 20
DAMAGED: Final = "log_damaged"
NEWER: Final = "newer_event"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` names the seq of each event and the job of each row found at fault, up to PROBLEMS_MAX. A cut-off tail
    together with its chain row is not seen: only an anchor outside the database shows that."""

    ok: bool
    events: int
    """As many as the log says that it has."""
    jobs: int
    problems: tuple[str, ...]
    head: str
    """Hash (hex) of the last event: note it elsewhere to anchor the log."""
    proven: int = 0
    """The chain is whole up to this event; what follows it is the first problem, if there is one."""
    code: str | None = None
    """`log_damaged`; or `newer_event`, if nothing is wrong but that a newer Slackwater wrote what this one cannot read."""


def verify(store: EventStore, progress: Callable[[int, int], None] | None = None) -> Verdict:
    """Recompute the chain, replay jobs and policy, compare with the projection and with each snapshot.

    Reads in chunks, and tells `progress(done, total)`. Found too much, it looks no further, and says where it stopped.
    Whatever stands in the log becomes a problem of the verdict; raises StoreUnavailable, and nothing else.
    """
    examiner, head = _Examiner(), None
    try:
        _read(store, examiner, progress or (lambda done, total: None))
        jobs, unreadable = store.listing()
        head = _head(store, examiner)
        examiner.finish(head, jobs, unreadable)
    except StoreError as error:
        if error.retryable:
            raise
        examiner.broke_off(error.message)
    return examiner.verdict(head)


def _read(store: EventStore, examiner: "_Examiner", progress: Callable[[int, int], None]) -> None:
    snapshot = store.snapshot(0)
    while not examiner.chain.is_enough and (chunk := store.scan(examiner.seq, CHUNK_EVENTS)):
        for found in chunk:
            examiner.take(found)
            if snapshot is not None and snapshot.seq <= found.seq:
                examiner.compare(snapshot)
                snapshot = store.snapshot(snapshot.seq)
        progress(examiner.seq, max(store.head().seq, examiner.seq))
    if snapshot is not None:
        examiner.compare(snapshot)


def _head(store: EventStore, examiner: "_Examiner") -> Head:
    """The end of the log, and every event up to it: a log that lives is not called damaged."""
    examiner.is_end = True
    while (head := store.head()).seq > examiner.seq and not examiner.chain.is_enough:
        chunk = store.scan(examiner.seq, CHUNK_EVENTS)
        for found in chunk:
            examiner.take(found)
        if not chunk:
            break
    return head


class _Examiner:
    def __init__(self) -> None:
        self.chain = ChainRuns()
        self.jobs: dict[str, Job] = {}
        self.policy = NO_POLICY
        self.seq = 0
        self.hash = GENESIS
        self.is_end = False
        self._faults: list[Fault] = []
        """Of replay, with an unbroken chain. What follows from a chain that is broken says nothing new."""
        self._newer: list[str] = []
        self._stopped: list[str] = []
        self._others: list[str] = []
        self._lost: set[str] = set()
        """Jobs, or the policy, that cannot be replayed any further: the first fault says so, the rest says nothing new."""
        self._at_end: dict[str, list[Job | None]] = {}
        """What a job was before each event that was appended after its row was read."""

    def take(self, found: Recorded | Unreadable) -> None:
        """The next event."""
        is_intact = self.chain.take(found)
        self.seq, self.hash = found.seq, found.hash
        if found.job_id in self._lost:
            return
        if not is_intact:
            self._lost.add(found.job_id)
        elif isinstance(found, Unreadable):
            self._lost.add(found.job_id)
            which = f"event {found.seq} of {found.job_id}"
            self._newer.append(f"{which} is intact, but of a newer version: upgrade Slackwater here")
        else:
            self._fold(found)

    def _fold(self, recorded: Recorded) -> None:
        job = self.jobs.get(recorded.job_id)
        if self.is_end:
            self._at_end.setdefault(recorded.job_id, []).append(job)
        try:
            if recorded.job_id == POLICY_ID:
                self.policy = evolve_policy_recorded(self.policy, recorded)
            else:
                self.jobs[recorded.job_id] = evolve_recorded(job, recorded)
        except (IllegalTransition, ForeignEvent) as error:
            self._lost.add(recorded.job_id)
            self._faults.append(Fault(recorded.seq, f"event {recorded.seq} of {recorded.job_id}: {error}"))

    def compare(self, snapshot: Snapshot) -> None:
        """With the fold so far. Of a log that is damaged it would say nothing new."""
        if self._faults or not self.chain.is_whole:
            return
        folded = {job_id: job for job_id, job in self.jobs.items() if job_id not in {*snapshot.lost, *self._lost}}
        kept = {job_id: job for job_id, job in snapshot.jobs.items() if job_id not in self._lost}
        if (snapshot.seq, snapshot.hash, kept) != (self.seq, self.hash, folded):
            self._others.append(f"the snapshot at event {snapshot.seq} is not what the events say: remove it")

    def finish(self, head: Head, projected: tuple[Job, ...], unreadable: tuple[str, ...]) -> None:
        """Compare with the rows, if all events were read."""
        if self.chain.is_enough:
            self._stopped.append(f"stopped after event {self.seq} of {head.seq}: what follows was not looked at")
            return
        self._others += [f"job {job_id}: its row cannot be read" for job_id in unreadable if job_id not in self._lost]
        shown = {job.id: job for job in projected}
        for job_id in sorted((self.jobs.keys() | shown.keys()) - self._lost - set(unreadable)):
            row = _said(shown.get(job_id))
            if all(row != _said(job) for job in (self.jobs.get(job_id), *self._at_end.get(job_id, ()))):
                self._others.append(f"job {job_id}: its row is not what its events say")

    def broke_off(self, why: str) -> None:
        """The store cannot say more."""
        self._others.append(f"after event {self.seq}: {why}")

    def verdict(self, head: Head | None) -> Verdict:
        """All that was found; chain first."""
        faults = faults_of(self.chain, None if self.chain.is_enough else head)
        first = min((fault.seq for fault in faults), default=self.seq + 1)
        faults = sorted([*faults, *(fault for fault in self._faults if fault.seq < first)])
        proven = min((fault.seq - 1 for fault in faults), default=self.seq)
        damage = [*(fault.text for fault in faults), *self._others]
        told = damage[:PROBLEMS_MAX]
        if len(damage) > PROBLEMS_MAX:
            told = [*damage[: PROBLEMS_MAX - 1], f"and {len(damage) - PROBLEMS_MAX + 1} more"]
        code = DAMAGED if damage else NEWER if self._newer else None
        told += [*self._stopped, *self._newer[:PROBLEMS_MAX]]
        events = self.seq if head is None else head.seq
        return Verdict(code is None, events, len(self.jobs), tuple(told), self.hash.hex(), proven, code)


def _said(job: Job | None) -> object:
    return job and job_data(job)
