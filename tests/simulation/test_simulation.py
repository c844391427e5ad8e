"""The promise under every fault the simulated broker knows: 20,000 steps here, a million by `make simulate`."""

import logging
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
import structlog

from slackwater.core.events import name_of

from . import world as world_module
from .__main__ import simulate, steps_to_catch
from .mutations import MUTATIONS, mutated
from .world import Action, World, actions_of, fails, run, shortened

STEPS = 500
SEEDS = 40


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


def test_no_invariant_breaks() -> None:
    """I1, I4–I6, I8–I10 of any seed, after each step; and the worlds are not idle."""
    taken, seen = simulate(0, SEEDS, STEPS)
    assert taken >= SEEDS * STEPS
    assert seen["pauses"] > SEEDS / 2
    assert seen["committed"] > 5 * SEEDS
    assert seen["killed"] > SEEDS


def test_a_seed_replays() -> None:
    """The same seed is the same world, event for event."""
    first, second = (run(actions_of(11, STEPS)) for _ in range(2))
    lives = [[(name_of(r.event), r.epoch, r.actor) for r in world.store.read(0, 10_000)] for world in (first, second)]
    assert lives[0] == lives[1]
    assert len(lives[0]) > 20
    assert first.written == second.written


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_it_can_fail(name: str) -> None:
    """Each rule of the product, left out on purpose, is found missing."""
    assert steps_to_catch(name, STEPS, 900) is not None


def test_a_failure_is_shown_in_few_moves() -> None:
    """A failing list of moves is made so short that none of them can be left out."""
    with mutated("seek to end on missing offsets"):
        trace = shortened(actions_of(0, STEPS))
        assert len(trace) < 12
        assert fails(trace)
        assert not any(fails(trace[:n] + trace[n + 1 :]) for n in range(len(trace)))


def test_a_job_that_fails_again_and_again() -> None:
    """A batch that no try gets through fails the job with cause, tries and place; what was committed before it stays so."""
    real = world_module._Engine.run

    def stumble(self: Any, batch: Any) -> Any:
        if any((m.partition(), m.offset()) == (1, 20) for m in batch.messages):
            raise RuntimeError("boom")
        return real(self, batch)

    world = World()
    with patch("slackwater.streams.transaction.time.sleep"), patch.object(world_module._Engine, "run", stumble):
        for action in [Action("join", 0), Action("deploy"), Action("start"), *[Action("round", 0, 2)] * 5]:
            world.take(action)
        for _ in range(60):
            world.take(Action("produce", amount=3))
            world.take(Action("round", 0))
            world.take(Action("tick", amount=0.5))
        job = world.store.job("j")
        assert job is not None
        assert (job.state, (job.failure or "").split(":")[0]) == ("FAILED", "record_path")
        assert "RuntimeError: boom; 6 tries, last at in[" in (job.failure or "")
    world.settle_down()
