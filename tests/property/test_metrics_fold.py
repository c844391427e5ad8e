"""What the metrics say of the log equals a count of it, after any history, on any worker, and after a restart."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from tests.histories.test_histories import FILES, lines_of, read

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.control.lapse import Lapse
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.events import JobFailed, JobPaused, JobResumed, JobStarted, JobStopped, name_of
from slackwater.core.evolve import evolve_recorded
from slackwater.core.job import Job
from slackwater.core.life import life_of
from slackwater.core.recorded import Recorded
from slackwater.core.spec import JobSpec
from slackwater.core.states import JobState
from slackwater.core.tally import PAUSE_CODES, tally
from slackwater.core.want import wanted
from slackwater.persistence.memory import MemoryStore
from slackwater.persistence.store import EventStore
from slackwater.streams.log_follower import LogFollower
from slackwater.streams.metric_samples import of_log
from slackwater.streams.metrics_server import Collected

JOBS: Final = ("a", "b")
HOLDS: Final = ("operator", "night", "window:weekly", "rule:lag")
AT: Final = datetime(2026, 11, 24, tzinfo=UTC)
SPECS: Final = (JobSpec("a", "1", inputs=("t",)), JobSpec("b", "2", inputs=("t",)))

Deed = tuple[str, str, str, int]
"""What is done, to which job, with which hold, after how many seconds."""
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["deploy", "redeploy", "start", "pause", "resume", "let go", "stop", "ack", "ack", "ack", "stale",
                         "fail", "late", "lapse", "ghost", "twice"]),
        st.sampled_from(JOBS), st.sampled_from(HOLDS), st.integers(0, 4000),
    ),
    max_size=60,
)  # fmt: skip


class Life:
    """Commands to a log, and by hand what they came to."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.at = AT
        self.asked = 0
        self.answers: dict[str, tuple[str, str, str, str, str | None]] = {}

    def live(self, deeds: list[Deed]) -> None:
        for what, name, hold, seconds in [("deploy", job, "", 1) for job in JOBS] + deeds:
            self.at += timedelta(seconds=seconds)
            job = self.store.job(name)
            verb = _verb(what, job, hold, self.at)
            if verb is not None:
                self._ask("ghost" if what == "ghost" else name, verb, again=what == "twice")

    def _ask(self, name: str, verb: Verb, *, again: bool) -> None:
        self.asked += 1
        channel = "worker" if isinstance(verb, Ack | Fail | Expire | Lapse) else ("cli", "topic")[self.asked % 2]
        command = Command(f"c{self.asked}", name, verb, "ana", channel, self.at)
        result = self.store.handle(command)
        if again:
            assert self.store.handle(command).duplicate
        self.answers[command.id] = (name, result.verb, channel, str(result.outcome), result.code)


def _verb(what: str, job: Job | None, hold: str, at: datetime) -> Verb | None:
    epoch = job.epoch if job else 0
    held = next((one for one in job.holds if one.until is not None), None) if job else None
    offsets = cut_of({("t", 0): job.version if job else 0})
    return {
        "deploy": Deploy(SPECS[0]),
        "redeploy": Deploy(SPECS[1], (hold,)),
        "start": Start(),
        "pause": Pause("why", hold, for_s=1000 if hold == "night" else None),
        "resume": Resume(None, hold),
        "let go": Resume(None, None),
        "stop": Stop(),
        "ack": Ack("w-1", epoch, wanted(job).stance, offsets, {"t": 1}) if job else None,
        "stale": Ack("w-1", epoch - 1, wanted(job).stance, offsets, {"t": 1}) if job else None,
        "fail": Fail("w-1", epoch, "poison_record", "bad"),
        "late": Expire(epoch, 90),
        "lapse": Lapse(held.name, held.until) if held and held.until else None,
        "ghost": Pause(),
        "twice": Pause("again", hold),
    }[what]


class _Shown:
    """What a worker shows of the log alone."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.follower = LogFollower(store)

    def start(self) -> None: ...
    def close(self) -> None: ...

    def samples(self) -> Any:
        while not self.follower.follow():
            pass
        with self.follower.tally() as found:
            return list(of_log(found, self._store.command_counts()))


def scraped(shown: _Shown) -> dict[tuple[str, tuple[str, ...]], float]:
    """Name and label values of every sample that is not zero, as a scrape's text has them."""
    registry = CollectorRegistry()
    registry.register(Collected(shown))
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.value != 0
    }


def counted(log: list[Recorded], answers: list[tuple[str, str, str, str, str | None]]) -> Counter[Any]:
    """The same, counted by hand: each metric by what its words say."""
    found: Counter[Any] = Counter()
    jobs: dict[str, Job] = {}
    for recorded in log:
        before, event = jobs.get(recorded.job_id), recorded.event
        after = jobs[recorded.job_id] = evolve_recorded(before, recorded)
        if isinstance(event, JobPaused):
            found["jobs_paused_total", after.id] += 1
        if isinstance(event, JobResumed):
            found["jobs_resumed_total", after.id] += 1
        if isinstance(event, JobFailed):
            found["slackwater_job_failures_total", after.id] += 1
            if before is not None and before.state in {JobState.PAUSING, JobState.RESUMING}:
                found["job_pause_resume_errors_total", after.id] += 1
        if name_of(event) == "StopRequested" and "fallback" in (event.reason or ""):  # type: ignore[union-attr]
            found["job_pause_resume_errors_total", after.id] += 1
        if isinstance(event, JobStarted | JobPaused | JobResumed | JobStopped) and before is not None and before.deadline:
            found["slackwater_transition_seconds_count", "all"] += 1
    for job_id in jobs:
        over = [pause.duration_s for pause in life_of(one for one in log if one.job_id == job_id).pauses if pause.resumed_at]
        found["job_pause_duration_seconds_count", job_id] += len(over)
        found["job_pause_duration_seconds_sum", job_id] += round(sum(one or 0.0 for one in over), 3)
    for name, verb, channel, outcome, code in answers:
        found["slackwater_commands_total", channel, outcome, verb] += 1
        if code is not None:
            found["slackwater_refusals_total", code, verb] += 1
            if verb in {"pause", "resume"} and name in jobs:
                found["job_pause_resume_errors_total", name] += 1
    return +found


def summed(samples: dict[tuple[str, tuple[str, ...]], float]) -> Counter[Any]:
    """A scrape in the words of `counted`: by job, whatever the code."""
    found: Counter[Any] = Counter()
    for (name, labels), value in samples.items():
        if name in {"slackwater_commands_total", "slackwater_refusals_total"}:
            found[(name, *labels)] += int(value)
        elif name == "slackwater_transition_seconds_count":
            found[name, "all"] += int(value)
        elif name.endswith(("_total", "_count")):
            found[name, labels[0]] += int(value)
        elif name == "job_pause_duration_seconds_sum":
            found[name, labels[0]] += round(value, 3)
    return found


@settings(max_examples=120, deadline=None)
@given(before=DEEDS, after=DEEDS)
def test_metrics_equal_a_fold_of_the_log(before: list[Deed], after: list[Deed]) -> None:
    """Scraped halfway and at the end, by one that was there all the time and by one that was just started: the same."""
    store = MemoryStore()
    life, old = Life(store), _Shown(store)
    life.live(before)
    scraped(old)
    life.live(after)
    at_last = scraped(old)
    assert at_last == scraped(_Shown(store)), "a worker that was just started says the same"
    log = list(store.read(0, 100_000))
    assert summed(at_last) == counted(log, list(life.answers.values()))
    assert old.follower.problems == 0


@pytest.mark.parametrize("file", [file for file in FILES if not file.stem.startswith("01")], ids=lambda file: file.stem)
def test_recorded_histories(file: Any) -> None:
    """Of every life that was ever kept: pauses are those that were proved, by a code of the closed set."""
    log = [read(row) for row in lines_of(file)[1]]
    found = tally(log)
    assert {code for _, code in found.paused} <= PAUSE_CODES
    assert sum(found.paused.values()) == sum(isinstance(one.event, JobPaused) for one in log)
    for job_id, job in found.jobs.items():
        over = [pause for pause in life_of(one for one in log if one.job_id == job_id).pauses if pause.resumed_at]
        assert found.pauses[job_id].count == len(over)
        assert job.id == job_id


def test_states_and_times() -> None:
    """A job is in one state; a deadline is shown only in a transition, an end of its holds only if all have one."""
    store = MemoryStore()
    Life(store).live([("start", "a", "", 1), ("ack", "a", "", 1), ("pause", "a", "night", 1)])
    shown = scraped(_Shown(store))
    assert shown["slackwater_job_state", ("a", "PAUSING")] == 1
    assert sum(value for (name, _), value in shown.items() if name == "slackwater_job_state") == 2
    deadline = shown["slackwater_job_deadline_timestamp_seconds", ("a",)]
    assert shown["slackwater_job_resumes_at_timestamp_seconds", ("a",)] == deadline - 60 + 1000
    still = Ack("w", 2, Stance.STILL, cut_of({("t", 0): 1}), {"t": 1})
    for id, verb in (("x", Pause("and", "operator")), ("y", still)):
        store.handle(Command(id, "a", verb, "ana", "api", AT + timedelta(seconds=100)))
    shown = scraped(_Shown(store))
    assert shown["slackwater_job_holds", ("a",)] == 2
    assert not any(name.endswith(("deadline_timestamp_seconds", "resumes_at_timestamp_seconds")) for name, _ in shown)
