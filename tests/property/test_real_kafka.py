"""Any schedule of produce, pause, resume, stop, start, kill and join on the real Kafka comes to what an unpaused run writes.

The oracle is the rig's `expected`: the outputs of a run that nobody ever paused. Compared at the end are the multisets for a
reader that read all along and for a late one; order is compared for each key, whose records are in one partition.
"""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from tests.chaos.story import LiveReader, checked_pause, finish
from tests.rig.workers import Rig

from slackwater.admin.errors import SlackwaterError

EXAMPLES, STEPS = 3, 12
WORKERS_MAX = 3


def machine(bootstrap: str) -> type[RuleBasedStateMachine]:
    """The machine on this broker; each run has a job and topics of its own."""

    class Schedule(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._directory = tempfile.TemporaryDirectory(prefix="sw-hyp-")
            where = Path(self._directory.name)
            self.rig = Rig(bootstrap, f"sqlite:///{where}/log.db", where)
            self.workers = [self.rig.worker("w-0")]
            self.born = 1
            self.rig.deploy_and_start()
            self.reader = LiveReader(self.rig)

        @rule(count=st.integers(1, 800))
        def produce(self, count: int) -> None:
            """Records come whatever the job does."""
            self.rig.produce(count)

        @rule()
        def pause(self) -> None:
            """Proved means silent and standing at the cut, or it was refused."""
            checked_pause(self.rig, 30)

        @rule(wait=st.booleans())
        def resume(self, wait: bool) -> None:
            """Waited for or overtaken by what comes next."""
            self._ask("resume_job", wait)

        @rule(wait=st.booleans())
        def stop(self, wait: bool) -> None:
            """The partitions are given up."""
            self._ask("stop_job", wait)

        @rule(wait=st.booleans())
        def start(self, wait: bool) -> None:
            """At the cut."""
            self._ask("start_job", wait)

        @precondition(lambda self: len(self.workers) > 0)
        @rule(which=st.integers(0, WORKERS_MAX - 1))
        def kill(self, which: int) -> None:
            """SIGKILL, also of the last one."""
            self.rig.kill(self.workers.pop(which % len(self.workers)))

        @precondition(lambda self: len(self.workers) < WORKERS_MAX)
        @rule()
        def join(self) -> None:
            """One more."""
            self.workers.append(self.rig.worker(f"w-{self.born}"))
            self.born += 1

        def _ask(self, verb: str, wait: bool) -> None:
            with contextlib.suppress(SlackwaterError):
                getattr(self.rig.admin, verb)(self.rig.job, wait=wait, timeout=20)

        def teardown(self) -> None:
            try:
                if not self.workers:
                    self.join()
                finish(self.rig, self.reader)
            finally:
                self.rig.close()
                self._directory.cleanup()

    return Schedule


@pytest.mark.slow
def test_any_schedule(kafka: Any) -> None:
    """A few schedules in every run; HYPOTHESIS_EXAMPLES of them on demand."""
    count = int(os.environ.get("HYPOTHESIS_EXAMPLES", str(EXAMPLES)))
    run_state_machine_as_test(
        machine(kafka.bootstrap),
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
