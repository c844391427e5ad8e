"""Faults of the link between workers and broker: replies lost, requests late, one way or both stalled, cut."""

import time
from collections import Counter
from pathlib import Path
from typing import Final

from .house import kill, wired_house
from .proxy import END_TXN, REPLIES, REQUESTS, TXN_OFFSET_COMMIT
from .story import LiveReader, Measured, checked_pause, ended, finish, flowing, proved_pause

SESSION_TIMEOUT_S: Final = 8.0
"""Longer than elsewhere: what is cut must come back within its session, or the story is another."""
STEADY_S: Final = 1.0
LASTING_SESSIONS: Final = 5
FENCED: Final = {
    "47": "INVALID_PRODUCER_EPOCH",
    "48": "INVALID_TXN_STATE",
    "49": "INVALID_PRODUCER_ID_MAPPING",
    "90": "PRODUCER_FENCED",
}
"""How a broker refuses an EndTxn that came too late."""


def end_txn_reply_lost(directory: Path) -> Measured:
    """EndTxn is carried out, its answer never comes."""
    return lost(directory, END_TXN, 5)


def offset_commit_reply_lost(directory: Path) -> Measured:
    """TxnOffsetCommit is carried out, its answer never comes."""
    return lost(directory, TXN_OFFSET_COMMIT, 5)


def lost(directory: Path, kind: str, count: int) -> Measured:
    """Replies of one kind are lost under load, with a pause right after each."""
    answered = 0
    with wired_house(directory, session_timeout_s=SESSION_TIMEOUT_S) as (_, proxy, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            while answered < count:
                proxy.catch(kind, "lose reply")
                assert proxy.wait_answer(30) is not None, f"no {kind} passed"
                answered += 1
                checked_pause(rig)
                rig.settle()
            proxy.leave()
            proxy.cut()
            rig.wait_members(2, STEADY_S)
        return {"replies lost": answered, **finish(rig, reader)}


def end_txn_late(directory: Path, count: int = 200, late_s: float = 1.0) -> Measured:
    """EndTxn arrives after the client has given up and begun anew: `count` of them, each refused by the broker as fenced.

    An EndTxn that comes so soon that the broker still takes it for a repeat is not counted, but shown.
    """
    answers: Counter[str] = Counter()
    pauses = tries = 0
    with wired_house(directory, session_timeout_s=SESSION_TIMEOUT_S) as (_, proxy, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            while sum(answers[code] for code in FENCED) < count:
                tries += 1
                assert tries <= 3 * count + 10, f"the broker refuses too few: {answers}"
                proxy.catch(END_TXN, "late", late_s)
                answers[proxy.wait_answer(30) or "none"] += 1
                if tries % 10 == 0:
                    pauses += checked_pause(rig) is not None
                    rig.settle()
            proxy.leave()
        outcome = finish(rig, reader)
    named = {f"late EndTxn answered {FENCED.get(code, code)}": n for code, n in sorted(answers.items())}
    return {**named, "pauses proved": pauses, **outcome}


def link_stalled(directory: Path) -> Measured:
    """The link hangs in both directions, without being cut, for two sessions."""
    return stalled(directory, REQUESTS, REPLIES)


def requests_stalled(directory: Path) -> Measured:
    """Only what workers say hangs: they hear nothing new, and nothing of theirs is done."""
    return stalled(directory, REQUESTS)


def replies_stalled(directory: Path) -> Measured:
    """Only what the broker answers hangs: all that workers ask is done, and they do not know."""
    return stalled(directory, REPLIES)


def stalled(directory: Path, *directions: str) -> Measured:
    """A stall in these directions under load, for two sessions; nothing is paused without proof meanwhile."""
    with wired_house(directory) as (_, proxy, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            proxy.stall(*directions)
            rig.admin.pause_job(rig.job, wait=False)
            time.sleep(2 * rig.session_timeout_s)
            in_stall = rig.admin.get_job_status(rig.job).state
            proxy.stall()
            checked_pause(rig)
            rig.settle()
        return {f"{in_stall} in the stall": 1, **finish(rig, reader)}


def broker_killed_in_end_txn(directory: Path, count: int = 3) -> Measured:
    """The broker has decided a transaction, its word never reaches the client, and it is killed at that moment."""
    with wired_house(directory, session_timeout_s=SESSION_TIMEOUT_S) as (broker, proxy, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            for _ in range(count):
                proxy.catch(END_TXN, "lose reply")
                assert proxy.wait_answer(60) is not None, "no EndTxn passed"
                kill(broker)
                proxy.leave()
                broker.start()
                rig.settle()
                checked_pause(rig)
                rig.settle()
        return {"killed": count, **finish(rig, reader)}


def one_worker_cut_off(directory: Path) -> Measured:
    """One of two workers hears and says nothing for five sessions."""
    return cut_off(directory, REQUESTS, REPLIES)


def one_worker_not_heard(directory: Path) -> Measured:
    """What one of two workers says does not arrive for five sessions; it hears answers to nothing."""
    return cut_off(directory, REQUESTS)


def one_worker_not_answered(directory: Path) -> Measured:
    """What one of two workers asks is done for five sessions, and it does not know."""
    return cut_off(directory, REPLIES)


def cut_off(directory: Path, *directions: str) -> Measured:
    """The link of one worker hangs: the other takes its partitions over, and pauses with proof without it. It comes back."""
    with wired_house(directory, workers=("w-1",)) as (_, proxy, rig):
        rig.worker("w-2", SLACKWATER_KAFKA=rig.bootstrap)
        rig.wait_members(2)
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            proxy.stall(*directions)
            began, before = time.monotonic(), rig.committed()
            rig.wait_for(lambda: all(rig.committed()[p] > before[p] for p in before), "every partition to move")
            moved_s = time.monotonic() - began
            paused_s = proved_pause(rig)
            rig.settle()
            time.sleep(max(began + LASTING_SESSIONS * rig.session_timeout_s - time.monotonic(), 0))
            proxy.stall()
            rig.wait_members(2, STEADY_S)
            checked_pause(rig)
            rig.settle()
        measured = {"cut to commit by the other, sessions": round(moved_s / rig.session_timeout_s, 2)}
        return {**measured, "pause without it, s": round(paused_s, 2), **finish(rig, reader)}


def ended_while_the_broker_hangs(directory: Path) -> Measured:
    """SIGTERM of the only worker while its link to the broker hangs: it ends by itself within the 40 s it states."""
    with wired_house(directory, workers=("w-1",)) as (_, proxy, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            proxy.stall(REQUESTS, REPLIES)
            took_s = ended(rig)
            proxy.stall()
            rig.worker("w-2")
            rig.settle()
        return {"SIGTERM to end, s": round(took_s, 1), **finish(rig, reader)}


WIRE_FAULTS = (
    broker_killed_in_end_txn,
    one_worker_cut_off,
    one_worker_not_heard,
    one_worker_not_answered,
    ended_while_the_broker_hangs,
    end_txn_reply_lost,
    end_txn_late,
    offset_commit_reply_lost,
    link_stalled,
    requests_stalled,
    replies_stalled,
)
