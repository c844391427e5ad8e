"""What one worker shows at a scrape: of the log, of what was seen, of itself."""

import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore

from .control.agent import ControlAgent
from .counts import CountsOfJobs, rss_bytes
from .log_follower import LogFollower
from .metric_samples import Sample, of_log, of_observations, of_worker
from .standing import Standing


class WorkerMetrics:
    """Asked on the scrape's thread. What is folded from the log is left out until all of it has been read once."""

    def __init__(
        self,
        store: EventStore,
        worker: str,
        counts: CountsOfJobs,
        standings: Callable[[], list[tuple[str, Standing | None]]],
        control: ControlAgent,
    ) -> None:
        self._store = store
        self._worker = worker
        self._counts = counts
        self._standings = standings
        self._control = control
        self._began_at = time.time()
        self._follower = LogFollower(store)

    def start(self) -> None:
        """Begin to read the log."""
        self._follower.start()

    def close(self) -> None:
        """Read it no more."""
        self._follower.close()

    def samples(self) -> Iterator[Sample]:
        """Every value now. A log that cannot be read leaves its own out, and says so."""
        follower = self._follower
        if follower.is_reachable and follower.is_complete:
            try:
                yield from self._kept()
            except StoreError:
                follower.is_reachable = False
        owned = {job_id: len(standing.offsets) for job_id, standing in self._standings() if standing is not None}
        yield from of_worker(self._counts, owned)
        yield "slackwater_log_reachable", (), float(follower.is_reachable)
        yield "slackwater_control_tombstones_total", (), float(self._control.ignored)
        yield "slackwater_control_misplaced_total", (), float(self._control.misplaced)
        yield "slackwater_worker_memory_bytes", (), float(rss_bytes())
        yield "slackwater_worker_start_timestamp_seconds", (), self._began_at
        yield "slackwater_build_info", (version("slackwater"), self._worker), 1.0

    def _kept(self) -> list[Sample]:
        follower = self._follower
        while not follower.follow():
            pass
        commands, observations = self._store.command_counts(), self._store.observations()
        with follower.tally() as tally:
            found = [*of_log(tally, commands), *of_observations(observations, tally.jobs)]
        found.append(("slackwater_log_position", (), float(follower.seq)))
        found.append(("slackwater_log_problems", (), float(follower.problems)))
        found.append(("slackwater_log_newer_events", (), float(follower.newer)))
        return found
