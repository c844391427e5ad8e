"""Rapid cycles against each store, beside pure `settle`: the same answers, replay = projection after each step."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.evolve import replay
from slackwater.core.job import Job
from slackwater.core.life import life_of
from slackwater.core.result import Result
from slackwater.core.settle import settle
from slackwater.core.spec import JobSpec
from slackwater.core.want import wanted
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.persistence.verify import verify

HOLDS = st.sampled_from(["operator", "maintenance", "budget"])
SPECS = st.sampled_from([JobSpec("a", inputs=("orders",)), JobSpec("b", inputs=("orders",))])
AT = datetime(2026, 11, 24, tzinfo=UTC)


def machine(make: Callable[[], EventStore]) -> type[RuleBasedStateMachine]:
    """The machine over a store that `make` opens, empty or shared: every run takes a job of its own."""

    class Cycles(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.store = make()
            self.name = f"job-{uuid.uuid4().hex[:12]}"
            self.job: Job | None = None
            self.asked: list[tuple[Command, Result]] = []
            self.clock = AT

        def ask(self, verb: Verb) -> None:
            self.clock += timedelta(seconds=7, microseconds=999_999 - len(self.asked) * 7919)
            command = Command(uuid.uuid4().hex, self.name, verb, "ana", "api", self.clock)
            expected = settle(self.job, command)
            result = self.store.handle(command)
            assert (result.outcome, result.code, result.events, result.version) == (
                expected.result.outcome,
                expected.result.code,
                expected.result.events,
                expected.result.version,
            )
            self.job = expected.job
            self.asked.append((command, result))
            history = self.store.history(self.name)
            assert self.store.job(self.name) == self.job == replay(history)
            assert self.store.life(self.name, len(history)) == life_of(history)

        @rule(spec=SPECS, holds=st.sets(HOLDS, max_size=2))
        def deploy(self, spec: JobSpec, holds: set[str]) -> None:
            self.ask(Deploy(spec, tuple(sorted(holds))))

        @rule()
        def start(self) -> None:
            self.ask(Start())

        @rule(hold=HOLDS)
        def pause(self, hold: str) -> None:
            self.ask(Pause("why", hold))

        @rule(hold=st.one_of(st.none(), HOLDS))
        def resume(self, hold: str | None) -> None:
            self.ask(Resume(None, hold))

        @rule()
        def stop(self) -> None:
            self.ask(Stop())

        @precondition(lambda self: self.job is not None)
        @rule(worker=st.sampled_from(["w-1", "w-2"]), share=st.sampled_from([(0,), (1,), (0, 1)]), stale=st.booleans())
        def ack(self, worker: str, share: tuple[int, ...], stale: bool) -> None:
            assert self.job is not None
            offsets = cut_of({("orders", partition): self.job.version for partition in share})
            stance = Stance(wanted(self.job).stance)
            self.ask(Ack(worker, self.job.epoch - stale, stance, offsets, {"orders": 2}))

        @precondition(lambda self: self.job is not None)
        @rule()
        def fail(self) -> None:
            assert self.job is not None
            self.ask(Fail("w-1", self.job.epoch, "poison_record", "bad"))

        @precondition(lambda self: self.job is not None)
        @rule(late=st.booleans())
        def expire(self, late: bool) -> None:
            assert self.job is not None
            self.ask(Expire(self.job.epoch, 60 if late else 0))

        @precondition(lambda self: bool(self.asked))
        @rule(which=st.integers(0, 1000))
        def repeat(self, which: int) -> None:
            command, first = self.asked[which % len(self.asked)]
            head = self.store.head()
            assert self.store.handle(command) == first.again()
            assert self.store.head() == head

        @precondition(lambda self: self.job is not None)
        @rule(back=st.integers(0, 1000))
        def as_it_was(self, back: int) -> None:
            history = self.store.history(self.name)
            count = back % len(history) + 1
            job = replay(history[:count])
            assert job is not None
            assert self.store.as_of(history[count - 1].seq, [self.name]).jobs == (job,)
            assert self.store.life(self.name, count, 2) == life_of(history[:count], 2)

        def teardown(self) -> None:
            self.store.close()

    return Cycles


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_rapid_cycles(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Any order of commands, acks, failures, expiries and repeats: each store answers as decide and evolve do."""
    urls: dict[str, Callable[[], Any]] = {
        "memory": lambda: "memory://",
        "sqlite": lambda: f"sqlite:///{tmp_path}/log.db",
        "postgresql": lambda: request.getfixturevalue("postgres_url"),
    }
    url = urls[kind]()
    open_store(url, create=True).close()
    examples = {"memory": 100, "sqlite": 25, "postgresql": 12}[kind]
    how = settings(max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine(lambda: open_store(url)), settings=how)  # type: ignore[no-untyped-call]
    if kind != "memory":
        store = open_store(url)
        assert verify(store).ok
        store.close()
