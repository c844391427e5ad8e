"""The promise under every fault the simulated world knows: 50,000 steps here, a million by `make simulate`."""

from typing import Any

import pytest

from slackwater.core.events import name_of

from .__main__ import simulate, steps_to_catch, trace_of
from .moves import DEAF, Move, moves_of
from .mutations import FIRST_LOOK, MUTATIONS, mutated
from .run import fails, living, run, shortened
from .worker import SimEngine

# Tracing lines would double its time; what it runs through is counted by the tests of each verb.
pytestmark = pytest.mark.no_cover
STEPS = 500
SEEDS = 100
SEEDS_MAX = 400


def test_no_invariant_breaks() -> None:
    """I1 to I11 of any seed, each when it can first be seen; and the worlds are not idle."""
    taken, seen, broken = simulate(0, SEEDS, STEPS)
    assert not broken, trace_of(int(broken[0].partition(":")[0].removeprefix("seed ")), STEPS)
    assert taken >= SEEDS * STEPS
    assert seen["pauses"] > SEEDS
    assert seen["transactions"] > 5 * SEEDS
    assert seen["faults met"] > 4 * SEEDS
    assert seen["killed"] > SEEDS


def test_a_seed_replays() -> None:
    """The same seed is the same world, event for event."""
    first, second = (run(moves_of(11, STEPS)) for _ in range(2))
    lives = [[(name_of(r.event), r.epoch, r.actor) for r in world.store.read(0, 10_000)] for world in (first, second)]
    assert lives[0] == lives[1]
    assert len(lives[0]) > 20
    assert first.ledger.visible == second.ledger.visible


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_it_can_fail(name: str) -> None:
    """Each rule of the product, left out on purpose, is found missing."""
    first = FIRST_LOOK.get(name, 0)
    assert steps_to_catch(name, STEPS, range(first, first + SEEDS_MAX)) is not None


def test_a_failure_is_shown_in_few_moves() -> None:
    """A failing list of moves is made so short that none of them can be left out."""
    with mutated("seek to end on missing offsets"):
        moves = next(moves for seed in range(50) if fails(moves := moves_of(seed, STEPS)))
        broken = fails(moves)
        assert broken is not None
        trace, why = shortened(moves, broken)
        assert len(trace) < 12
        assert str(why).startswith("I9")
        assert not any(fails(trace[:n] + trace[n + 1 :]) for n in range(len(trace)))


def test_a_job_that_fails_again_and_again() -> None:
    """A batch that no try gets through fails the job with cause, tries and place; what was committed before it stays so."""

    class Stumbling(SimEngine):
        def run(self, batch: Any) -> Any:
            if any((m.partition(), m.offset()) == (1, 20) for m in batch.messages):
                raise RuntimeError("boom")
            return super().run(batch)

    with living() as world:
        world.engine = Stumbling
        for move in [Move("join"), Move("deploy"), Move("start"), *[Move("round", amount=5)] * 5]:
            world.take(move)
        for _ in range(60):
            world.take(Move("produce", amount=3))
            world.take(Move("round", amount=5))
            world.take(Move("tick", amount=0.5))
        job = world.store.job("j")
        assert job is not None
        assert (job.state, (job.failure or "").split(":")[0]) == ("FAILED", "record_path")
        assert "RuntimeError: boom; 6 tries, last at in[" in (job.failure or "")
        world.engine = SimEngine
        world.settle_down()


def test_a_thread_that_never_comes_back() -> None:
    """Offsets of a transaction that are never answered cost one batch a second try, and no record."""
    with living() as world:
        moves = [Move("join"), Move("deploy"), Move("start"), *[Move("round", amount=5)] * 4, Move("produce", amount=5)]
        for move in [*moves, Move("fault", call="send offsets", kind="hang"), *[Move("round", amount=5)] * 2]:
            world.take(move)
        for _ in range(12):
            world.take(Move("tick", amount=1.0))
            world.take(Move("round", amount=5))
        assert world.faults.met["hang: send offsets"] == 1
        world.settle_down()
        assert world.ledger.visible.total() == 5


def test_a_worker_that_hears_nothing_more() -> None:
    """Beyond the lease it takes nothing, though broker and group are sound; once it hears again it goes on."""
    with living() as world:
        for move in DEAF:
            world.take(move)
        assert world.ledger.visible.total() == 5
        assert world.store.job("j").state == "RUNNING"  # type: ignore[union-attr]
        world.settle_down()
        assert world.ledger.visible.total() == 10
