"""The promises of `EventStore`, as tests that every store passes. A store's own file only says how to make one."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from slackwater.core.commands import Command, Position, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.fail import Fail
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.evolve import replay
from slackwater.core.job import Job
from slackwater.core.life import Life, PauseEvent, life_of
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.verbs import SetFlag
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.result import Outcome
from slackwater.core.spec import JobSpec
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore, Past
from slackwater.persistence.verify import verify

SPEC = JobSpec("SELECT * FROM orders", inputs=("orders",))
OTHER = JobSpec("SELECT order_id FROM orders", inputs=("orders",))
BEGAN = datetime(2026, 11, 24, 8, tzinfo=UTC)


def command(id: str, verb: Verb, job: str = "orders_big", **more: object) -> Command:
    return Command(id, job, verb, "ana", "api", datetime.now(UTC), **more)  # type: ignore[arg-type]


def running(store: EventStore, job: str = "orders_big") -> None:
    """A job that runs."""
    store.handle(command(f"{job}-deploy", Deploy(SPEC), job))
    store.handle(command(f"{job}-start", Start(), job))
    store.handle(command(f"{job}-ack", ack(1, Stance.RUNNING), job))


def ack(epoch: int, stance: Stance, offset: int = 0) -> Ack:
    return Ack("w-1", epoch, stance, cut_of({("orders", 0): offset}), {"orders": 1})


def folded(events: Sequence[Recorded], *jobs: str) -> tuple[Job, ...]:
    """Those of the jobs that have events among these."""
    found = (replay(r for r in events if r.job_id == job) for job in jobs)
    return tuple(job for job in found if job is not None)


class EventStoreSuite:
    """Subclasses give the fixture `store`: an empty one."""

    def test_empty(self, store: EventStore) -> None:
        """An empty log has head 0 and knows nothing."""
        assert store.head() == (0, GENESIS)
        assert store.job("x") is None
        assert store.jobs() == ()
        assert list(store.read()) == []
        assert store.result("x") is None
        assert store.origin("x") is None

    def test_dense_and_chained(self, store: EventStore) -> None:
        """seq is dense over the log, version over each job; each event names the hash before it."""
        for job in ("a", "b"):
            running(store, job)
        events = store.read()
        assert [r.seq for r in events] == list(range(1, 9))
        assert [r.version for r in events if r.job_id == "b"] == [1, 2, 3, 4]
        assert [r.prev_hash for r in events] == [GENESIS, *[r.hash for r in events[:-1]]]
        assert store.head() == (8, events[-1].hash)
        assert list(store.history("b", 2)) == [r for r in events if r.job_id == "b"][2:]
        assert list(store.history("b", 1, 2)) == [r for r in events if r.job_id == "b"][1:3]
        assert [r.seq for r in store.read(3, 2)] == [4, 5]
        assert list(store.scan(3, 2)) == list(store.read(3, 2))
        assert store.listing().unreadable == ()

    def test_several_events_of_a_command_stand_together(self, store: EventStore) -> None:
        """What one command appends has one command id and neighbouring seqs."""
        running(store)
        together = [r for r in store.read() if r.command_id == "orders_big-ack"]
        assert [type(r.event).__name__ for r in together] == ["WorkerAcked", "JobStarted"]
        assert together[1].seq == together[0].seq + 1

    def test_projection_is_replay(self, store: EventStore) -> None:
        """The job as the store has it equals the fold of its events, after every step."""
        for id, verb in (("1", Deploy(SPEC, ("m",))), ("2", Start()), ("3", ack(2, Stance.STILL)), ("4", Resume(hold=None))):
            store.handle(command(id, verb))
            assert store.job("orders_big") == replay(store.history("orders_big"))
        assert [job.id for job in store.jobs()] == ["orders_big"]

    def test_as_of_every_event(self, store: EventStore) -> None:
        """The past at any event is the fold of the events up to it, for all jobs and for each."""
        for job in ("a", "b"):
            running(store, job)
        store.handle(command("flag", SetFlag(Flag("some"), "why"), POLICY_ID))
        for id, verb in (("p", Pause("why")), ("k", ack(2, Stance.STILL, 7)), ("h", Pause("more", "budget")), ("s", Stop())):
            store.handle(command(id, verb, "a"))
        events = store.read()
        assert store.as_of(0) == Past(0, None, (), {})
        for last in events:
            told = store.as_of(last.seq)
            assert (told.seq, told.at, told.unreadable) == (last.seq, last.at, {})
            until = [r for r in events if r.seq <= last.seq]
            assert told.jobs == folded(until, "a", "b")
            assert store.as_of(last.seq, ["b", "ghost", "no\0job"]).jobs == folded(until, "b")
        assert told.jobs == store.jobs()

    def test_as_of_a_time(self, store: EventStore) -> None:
        """A time is that of the last event, in the order of the log, recorded at or before it: what a clock that ran ahead
        dated later counts as soon as something appended after it does."""
        began = datetime(2026, 11, 24, 3, tzinfo=UTC)
        minutes = [0, 1, 90, 2, 3, 3, 1]
        store.handle(replace(command("0", Deploy(SPEC)), at=began))
        for n, after in enumerate(minutes[1:], 1):
            verb = Pause("why", f"hold-{n}")
            store.handle(replace(command(str(n), verb if n > 1 else Start()), at=began + timedelta(minutes=after)))
        events = store.read()
        assert [r.at for r in events] == [began + timedelta(minutes=after) for after in minutes]
        for minute in (-1, 0, 1, 2, 3, 60, 90, 10_000):
            moment = began + timedelta(minutes=minute)
            seq = max((r.seq for r in events if r.at <= moment), default=0)
            assert store.as_of(moment) == store.as_of(seq)
        assert store.as_of(began + timedelta(minutes=1, seconds=30)).seq == 7
        zone = timezone(timedelta(hours=5))
        assert store.as_of(began.astimezone(zone)).seq == 1

    @pytest.mark.parametrize("seq", [-1, 5, 2**80])
    def test_as_of_an_event_that_is_not_there(self, store: EventStore, seq: int) -> None:
        """It is refused, with where the log ends."""
        running(store)
        with pytest.raises(StoreError, match="the log ends at 4") as refused:
            store.as_of(seq)
        assert refused.value.code == "bad_position"

    def test_same_command_twice(self, store: EventStore) -> None:
        """The same id with the same content appends once and is answered with the first result."""
        running(store)
        first = store.handle(command("p", Pause("why")))
        again = store.handle(command("p", Pause("why")))
        assert not first.duplicate
        assert again == first.again()
        assert store.head().seq == first.seq
        assert store.result("p") == first

    def test_same_id_other_content(self, store: EventStore) -> None:
        """An id used for something else is refused; the first result stands."""
        running(store)
        first = store.handle(command("p", Pause("why")))
        other = store.handle(command("p", Resume()))
        assert other.code == "command_id_reused"
        assert store.result("p") == first
        assert store.head().seq == first.seq

    def test_refusals_are_kept(self, store: EventStore) -> None:
        """A refusal appends no event, and is answered again from the inbox."""
        refused = store.handle(command("r", Pause(), "ghost"))
        assert (refused.outcome, refused.code) == (Outcome.REFUSED, "no_such_job")
        assert store.handle(command("r", Pause(), "ghost")).duplicate
        assert store.head().seq == 0

    def test_refused_words_are_kept_as_far_as_possible(self, store: EventStore) -> None:
        """A command with a name and an actor that no database can keep is refused and recorded all the same."""
        bad = Command("bad", "a\0b" + "x" * 2000, Pause("\ud800"), "eve\0\ud800", "api", datetime.now(UTC))
        assert store.handle(bad).code == "bad_job_id"
        assert store.result("bad") is not None

    @pytest.mark.parametrize("id", ["", "a\0b", "\ud800", "a" * 201, "a" * 9000, "\u200f"], ids=ascii)
    def test_a_command_id_that_cannot_be_kept(self, store: EventStore, id: str) -> None:
        """It is refused and recorded under an id of its own; the same again is a duplicate; nothing is appended."""
        running(store)
        first = store.handle(command(id, Pause()))
        assert (first.code, first.duplicate, first.command_id != id) == ("bad_command_id", False, True)
        assert store.result(first.command_id) == first
        assert store.handle(command(id, Pause())) == first.again()
        assert store.head().seq == 4

    def test_what_is_turned_away_stands_in_its_place(self, store: EventStore) -> None:
        """A message with a bad id or reply topic is recorded under its place on the control topic, and takes no id away."""
        for place, more in enumerate(({"id": "a\0b"}, {"reply_to": "a\0b"}, {"id": "é" * 2000, "reply_to": "answers"})):
            at = Position("slackwater.control", 0, place)
            bad = replace(command("p", Pause(), position=at), **more)
            refused = store.handle(bad)
            assert refused.code == ("bad_reply_to" if place == 1 else "bad_command_id")
            assert refused.command_id == f"slackwater.control/0/{place}"
            origin = store.origin(refused.command_id)
            assert origin is not None
            assert (origin.position, origin.reply_to) == (at, "answers" if place == 2 else None)
        assert store.result("p") is None

    def test_one_of_many_is_turned_away_in_a_place_of_its_own(self, store: EventStore) -> None:
        """A message may ask many jobs: each refusal is recorded, and kept with the batch and the message's place."""
        at = Position("slackwater.control", 0, 7)
        for job in ("a", "b"):
            bad = command("é" * 2000, Pause(), job, position=at, batch_id="b", correlation="b")
            refused = store.handle(bad)
            assert (refused.command_id, refused.code) == (f"slackwater.control/0/7/{job}", "bad_command_id")
            assert (refused.batch_id, refused.correlation) == ("b", "b")
            origin = store.origin(refused.command_id)
            assert origin is not None
            assert origin.position == at
            assert store.result(refused.command_id) == refused

    def test_words_that_cannot_be_kept(self, store: EventStore) -> None:
        """A job id that no index takes and a message with NUL in it are recorded as far as that is possible."""
        long = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(5000))
        assert store.handle(command("long", Pause(), long)).code == "bad_job_id"
        assert store.handle(command("nul", Unreadable("bad_envelope", "a\0b \ud800"))).code == "bad_envelope"
        for id in ("long", "nul"):
            assert store.result(id) is not None

    def test_origin(self, store: EventStore) -> None:
        """The door, the place on the control topic and the reply topic of each command are kept."""
        place = Position("slackwater.control", 0, 42)
        store.handle(command("o", Deploy(SPEC), position=place, reply_to="answers"))
        origin = store.origin("o")
        assert origin is not None
        assert (origin.channel, origin.reply_to, origin.position) == ("api", "answers", place)

    def test_expected_version(self, store: EventStore) -> None:
        """A command that expects another version is refused and appends nothing."""
        running(store)
        assert store.handle(command("p", Pause(), expected_version=3)).code == "version_conflict"
        assert store.handle(command("q", Pause(), expected_version=4)).changed

    def test_concurrent_writers_and_a_tailing_reader(self, store: EventStore) -> None:
        """Eight writers at once: dense, ordered, each command once; a reader that tails sees each event once, in order."""
        writers, each = 8, 200
        for n in range(writers):
            running(store, f"job-{n}")
        first = store.head().seq
        seen: list[int] = []
        total = first + writers * each

        def tail() -> None:
            after, deadline = first, time.monotonic() + 600
            while after < total and time.monotonic() < deadline:
                store.wait(after, 1.0)
                for recorded in store.read(after):
                    seen.append(recorded.seq)
                    after = recorded.seq

        def write(n: int) -> None:
            for i in range(each):
                verb = Pause() if i % 2 == 0 else Resume()
                assert store.handle(command(f"{n}-{i}", verb, f"job-{n}")).changed

        threads = [threading.Thread(target=tail), *[threading.Thread(target=write, args=(n,)) for n in range(writers)]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == list(range(first + 1, total + 1))
        assert verify(store).ok

    def test_one_of_many_wins(self, store: EventStore) -> None:
        """Eight at once with one command id: one effect, and everyone gets the same answer."""
        running(store)
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda: found.append(store.handle(command("same", Pause("x"))).seq)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [5] * 8
        assert store.head().seq == 5

    def test_wait_wakes_and_times_out(self, store: EventStore) -> None:
        """`wait` returns soon after an append, and after its timeout without one."""
        began = time.monotonic()
        assert store.wait(0, 0.1) == 0
        assert time.monotonic() - began < 2
        timer = threading.Timer(0.1, lambda: store.handle(command("d", Deploy(SPEC))))
        timer.start()
        assert store.wait(0, 10) == 1
        timer.join()

    def test_scan_and_checked_jobs_of_a_sound_log(self, store: EventStore) -> None:
        """Of a log that can be read, `scan` is what `read` is, and a checked job is the fold of its events."""
        for job in ("a", "b"):
            running(store, job)
            assert store.handle(command(f"{job}-p", Pause("why"), job)).changed
        assert list(store.scan(2, 5)) == list(store.read(2, 5))
        assert store.jobs(checked=True) == store.jobs() == tuple(replay(store.history(job)) for job in ("a", "b"))
        assert store.listing().unreadable == ()

    def test_life(self, store: EventStore) -> None:
        """Starts, failures and pauses, whatever ended each, exact to the microsecond, also where a clock went back:
        as of any event the same as a fold of the history, and no more pauses than are wanted."""
        still, flows = Stance.STILL, Stance.RUNNING
        story: tuple[tuple[float, Verb | Stance], ...] = (
            (0, Deploy(SPEC)), (1, Start()), (2, flows),
            (3, Pause("one")), (3.999999, still), (4, Pause("more", "budget")), (9, Resume(hold=None)), (10, flows),
            (11, Pause("overtaken")), (12, Resume(hold=None)), (13, flows),
            (14, Pause("two")), (20, still), (19.5, Stop()), (21, Stance.RELEASED),
            (22, Start()), (23, still), (24, Fail("w-1", 9, "poison_record", "bad")),
            (25, Start()), (26, still), (27.000001, Deploy(OTHER)), (28, Stance.RELEASED), (29, still),
        )  # fmt: skip
        for n, (second, what) in enumerate(story):
            job = store.job("a")
            verb = ack(job.epoch, what, n) if job and isinstance(what, Stance) else what
            at = BEGAN + timedelta(seconds=second)
            assert store.handle(Command(f"c{n}", "a", verb, "ana", "api", at)).changed, (second, what)  # type: ignore[arg-type]
        history = store.history("a")
        life = store.life("a", len(history))
        assert (life.starts, life.failures, life.paused, life.unreadable) == (1, 1, 5, None)
        took = [5.000001, -0.5, 1.0, 1.000001, None]
        assert life.paused_for == timedelta(seconds=6.500002)
        assert [(one.duration_s, one.reason) for one in life.pauses] == list(
            zip(took, ["one", "two", "two", "two", "two"], strict=True)
        )
        began, ended = (BEGAN + timedelta(seconds=second) for second in (3.999999, 9))
        assert life.pauses[0] == PauseEvent(began, ended, 5.000001, "one", "ana", cut_of({("orders", 0): 4}))
        for until in range(len(history) + 1):
            for most in (1, 2, 1000):
                assert store.life("a", until, most) == life_of(history[:until], most)
        assert store.life("ghost", 9) == Life(0, 0, 0, timedelta(), ())

    def test_verify_is_content(self, store: EventStore) -> None:
        """A log that was only written through the port verifies, with progress told."""
        running(store)
        told: list[tuple[int, int]] = []
        verdict = verify(store, lambda done, of: told.append((done, of)))
        assert verdict.ok
        assert (verdict.events, verdict.jobs) == (4, 1)
        assert told == [(4, 4)]

    def test_close_twice(self, store: EventStore) -> None:
        """Closing twice is fine."""
        store.close()
        store.close()


class SqlStoreSuite(EventStoreSuite):
    """What only a database can promise. Subclasses also give `other`: a second store on the same log."""

    def test_another_process_sees_and_wakes(self, store: EventStore, other: EventStore) -> None:
        """An append by one store is seen by another, and wakes it long before its own time is up."""
        woken: list[int] = []
        waiter = threading.Thread(target=lambda: woken.append(other.wait(0, 300)), daemon=True)
        waiter.start()
        waiter.join(0.5)  # so that it is asleep by then
        assert store.handle(command("d", Deploy(SPEC))).changed
        waiter.join(60)
        assert woken == [1]
        assert other.job("orders_big") == store.job("orders_big")

    @pytest.mark.parametrize("view", ["events", "job_history", "pauses", "holds", "refusals"])
    def test_audit_views(self, store: EventStore, view: str) -> None:
        """Every view can be asked, and says who did what."""
        running(store)
        store.handle(command("p", Pause("why")))
        store.handle(command("k", ack(2, Stance.STILL, 7)))
        store.handle(command("h", Pause("also", "maintenance", for_s=60)))
        store.handle(command("x", Start()))
        store.handle(command("r", Resume(hold=None)))
        expected = {
            "events": ("SELECT count(*) FROM events", [(9,)]),
            "job_history": ("SELECT event, reason FROM job_history WHERE version = 5", [("PauseRequested", "why")]),
            "pauses": ("SELECT hold, actor, reason, resumed_by FROM pauses", [("operator", "ana", "why", "ana")]),
            "holds": (
                "SELECT hold, owner, released_by, until > since FROM holds ORDER BY hold",
                [("maintenance", "ana", "ana", True), ("operator", "ana", "ana", None)],
            ),
            "refusals": ("SELECT verb, code FROM refusals", [("start", "illegal_transition")]),
        }[view]
        assert list(store.query(expected[0]).rows) == expected[1]

    def test_a_rollout_ends_a_pause(self, store: EventStore) -> None:
        """Whatever makes the job leave PAUSED is named as the end of that pause."""
        running(store)
        store.handle(command("p", Pause("why")))
        store.handle(command("k", ack(2, Stance.STILL, 7)))
        store.handle(command("v2", Deploy(replace(SPEC, version="2"))))
        assert list(store.query("SELECT actor, ended_by, resumed_by FROM pauses").rows) == [
            ("ana", "RolloutRequested", None)
        ]

    def test_who_wished_what_a_worker_carried_out(self, store: EventStore) -> None:
        """A pause that follows from somebody's rollout is theirs, not the worker's who appended it."""
        running(store)
        store.handle(replace(command("v2", Deploy(replace(SPEC, version="2"), holds=("new",))), actor="ben"))
        store.handle(replace(command("k", ack(2, Stance.RELEASED, 7)), actor="w-1"))
        store.handle(replace(command("l", ack(4, Stance.STILL, 7)), actor="w-1"))
        assert list(store.query("SELECT hold, actor FROM pauses").rows) == [("new", "ben")]
        assert list(store.query("SELECT hold, owner FROM holds").rows) == [("new", "ben")]
