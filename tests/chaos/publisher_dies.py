"""Whoever publishes the log dies at each of its steps; the next one goes on."""

from pathlib import Path
from typing import Any

from tests.rig.workers import Rig

from slackwater.persistence.steps import PUBLISHER_STEPS

from .house import house
from .story import LiveReader, Measured, finish, flowing, is_hit


def publisher_killed_at_each_step(directory: Path) -> Measured:
    """Between events and their replies, before and after the cursor: each event stands on the topic once and in order, and
    each command that came by topic has its last word; the same word may be said again."""
    with house(directory, workers=("w-0",)) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            for n, step in enumerate(PUBLISHER_STEPS, 1):
                rig.kill(rig.processes[-1])
                victim = rig.worker(f"w-{n}", SLACKWATER_DIE_AT=step)
                rig.send({"pause": rig.job, "id": step})
                rig.wait_for(lambda one=victim: is_hit(one), f"{step} to be reached")  # type: ignore[misc]
                rig.worker(f"w-{n}-next")
                rig.wait_for(lambda step=step: bool(_last_words(rig, step)), "the last word")  # type: ignore[misc]
                rig.settle()
        outcome = finish(rig, reader)
        rig.wait_for(lambda: len(_published(rig)) >= rig.admin.store.head().seq, "the published log")
        assert _published(rig) == list(range(1, rig.admin.store.head().seq + 1))
        words = [_last_words(rig, step) for step in PUBLISHER_STEPS]
        assert all(len(set(said)) == 1 for said in words), words
        return {"last words said again": sum(len(said) - 1 for said in words), **outcome}


def _published(rig: Rig) -> list[int]:
    return [body["data"]["seq"] for body in rig.bodies(rig.topics.events)]


def _last_words(rig: Rig, command_id: str) -> list[Any]:
    replies = (body for body in rig.bodies(rig.topics.replies) if body.get("causationid") == command_id)
    return [(body["id"], body["data"]["outcome"]) for body in replies if body["data"]["outcome"] != "accepted"]
