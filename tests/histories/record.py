"""How the histories were recorded: `python -m tests.histories.record` writes those that are not there yet.

A history that is there is never written again: it must replay for ever, whatever the code has become.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from slackwater.core.codec import DOMAIN, canonical, event_text, job_data, time_text
from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.control.lift_cap import LiftCap
from slackwater.core.control.pause import Pause
from slackwater.core.control.rearm import Rearm
from slackwater.core.control.report_gap import ReportGap
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.control.trip import Trip
from slackwater.core.control.warn import Warn
from slackwater.core.cut import Gap, cut_of, gaps_text
from slackwater.core.events import JobEvent, JobPaused
from slackwater.core.job import Job
from slackwater.core.recorded import GENESIS
from slackwater.core.result import Outcome
from slackwater.core.settle import Step, settle
from slackwater.core.spec import JobSpec
from slackwater.core.want import wanted
from slackwater.persistence.rows import event_row, recorded_of

HERE: Final = Path(__file__).parent
BEGAN: Final = datetime(2026, 11, 24, 8, tzinfo=UTC)
SPEC: Final = JobSpec("SELECT * FROM orders", inputs=("orders",), outputs=("big",))
OTHER_SPEC: Final = JobSpec("SELECT id FROM orders", "2", inputs=("orders",), outputs=("big",))


class Recorder:
    """A log of its own: settles commands one after the other, a second apart, and keeps the rows a store would."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.jobs: dict[str, Job] = {}
        self.expects: str | None = None
        self.now = BEGAN
        self._asked = 0

    def ask(self, verb: Verb, actor: str = "ana", *, job_id: str = "orders_big", later_s: float = 1.0) -> Outcome:
        """Decide and append."""
        command = self._command(verb, actor, job_id, later_s)
        settled = settle(self.jobs.get(job_id), command)
        for step in settled.steps:
            self._append(step, command)
        return settled.result.outcome

    def ack(self, worker: str, offsets: Mapping[int, int], count: int = 2, *, job_id: str = "orders_big") -> Outcome:
        """An honest ack of what is wanted now."""
        want = wanted(self.jobs[job_id])
        cut = cut_of({("orders", partition): offset for partition, offset in offsets.items()})
        return self.ask(Ack(worker, want.epoch, want.stance, cut, {"orders": count}), worker, job_id=job_id)

    def forge(self, event: JobEvent, actor: str = "mallory") -> None:
        """Append what decide never would, with a hash that fits."""
        command = self._command(Pause(), actor, "orders_big", 1.0)
        before = self.jobs["orders_big"]
        self.expects = "IllegalTransition"
        self._append(Step(event, event_text(event), replace(before, version=before.version + 1)), command)

    def append_unknown(self, name: str, data: Mapping[str, Any]) -> None:
        """Append a row of a type this code does not know, with a hash that fits."""
        self.expects = "UnknownEvent"
        last, command = self.rows[-1], self._command(Pause(), "ana", "orders_big", 1.0)
        row = {key: last[key] for key in ("job_id", "epoch", "channel", "schema_version")}
        row |= {"seq": last["seq"] + 1, "version": last["version"] + 1, "at": time_text(self.now), "actor": "ana"}
        row |= {"command_id": command.id, "type": name}
        digest = hashlib.sha256(DOMAIN + bytes.fromhex(last["hash"]) + canonical({**row, "data": data})).hexdigest()
        self.rows.append({**row, "data": canonical(data).decode(), "prev_hash": last["hash"], "hash": digest})

    def _command(self, verb: Verb, actor: str, job_id: str, later_s: float) -> Command:
        self._asked += 1
        self.now += timedelta(seconds=later_s)
        channel = "worker" if actor.startswith("w-") else "api"
        return Command(f"c{self._asked}", job_id, verb, actor, channel, self.now)

    def _append(self, step: Step, command: Command) -> None:
        prev = bytes.fromhex(self.rows[-1]["hash"]) if self.rows else GENESIS
        recorded = recorded_of(step, command, len(self.rows) + 1, prev)
        row = event_row(recorded, step.text)
        texts = {"at": time_text(recorded.at), "prev_hash": recorded.prev_hash.hex(), "hash": recorded.hash.hex()}
        self.rows.append({**row, **texts})
        self.jobs[command.job_id] = step.after


def _running(log: Recorder, holds: tuple[str, ...] = ()) -> None:
    log.ask(Deploy(SPEC, holds))
    log.ask(Start())
    log.ack("w-1", {0: 0, 1: 0})


def one_life(log: Recorder) -> None:
    """Deployed, run, paused, resumed, stopped: the shortest whole life."""
    _running(log)
    log.ask(Pause("maintenance"))
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Resume("done"))
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Stop("night"))
    log.ack("w-1", {0: 11, 1: 12})


def pause_overtakes_resume(log: Recorder) -> None:
    """A pause overtakes a resume that is half covered; the late ack of the resume must not end it."""
    _running(log)
    log.ask(Pause("one"))
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Resume())
    log.ack("w-1", {0: 7})
    late = Ack("w-2", log.jobs["orders_big"].epoch, wanted(log.jobs["orders_big"]).stance, (), {"orders": 2})
    log.ask(Pause("two"), "ben")
    assert log.ask(late, "w-2") is Outcome.REFUSED
    log.ack("w-2", {1: 9})
    log.ack("w-1", {0: 8})


def two_workers(log: Recorder) -> None:
    """Two workers cover four partitions between them; one partition changes hands while pausing."""
    log.ask(Deploy(SPEC))
    log.ask(Start())
    log.ack("w-1", {0: 0, 1: 0}, 4)
    log.ack("w-2", {2: 0, 3: 0}, 4)
    log.ask(Pause("maintenance"))
    log.ack("w-2", {2: 5, 3: 6}, 4)
    log.ack("w-1", {0: 3}, 4)
    log.ack("w-2", {2: 5, 3: 6, 1: 4}, 4)


def start_into_holds(log: Recorder) -> None:
    """Deployed with a hold: the start goes to PAUSING in one append and the job never runs before it is let go."""
    log.ask(Deploy(SPEC, ("operator",), "not before the audit"))
    log.ask(Start(), "ben")
    log.ack("w-1", {0: 0, 1: 0})
    log.ask(Resume("audited"), "cy")
    log.ack("w-1", {0: 0, 1: 0})


def deadline(log: Recorder) -> None:
    """A pause nobody finishes in time fails with the missing partition; the next start is still, at the last cut.

    Recorded before a late pause fell back to a stop; today it takes `@on_deadline: fail`.
    """
    _running(log)
    log.ask(Pause("maintenance", deadline_s=5))
    log.ack("w-1", {0: 7})
    log.ask(Expire(log.jobs["orders_big"].epoch, 30), "w-1", later_s=30)
    log.ask(Start("again"), "ben")
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Resume(hold=None))
    log.ack("w-1", {0: 7, 1: 9})


def two_holds(log: Recorder) -> None:
    """Two holds: the release of the first moves nothing, the release of the last resumes."""
    _running(log)
    log.ask(Pause("maintenance"))
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Pause("quarter end", hold="audit"), "ben")
    log.ask(Resume(hold="operator"))
    log.ask(Resume(hold="audit"), "ben")
    log.ack("w-1", {0: 7, 1: 9})


def holds_outlive_a_stop(log: Recorder) -> None:
    """Stopped while held, one hold let go at rest, redeployed: the next start is still under the hold that is left."""
    _running(log)
    log.ask(Pause())
    log.ask(Pause(hold="audit"), "ben")
    log.ask(Stop())
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Resume(hold="operator"))
    log.ask(Deploy(JobSpec("SELECT id FROM orders", "2", inputs=("orders",), outputs=("big",))))
    log.ask(Start())
    log.ack("w-1", {0: 7, 1: 9})


def failure_of_a_worker(log: Recorder) -> None:
    """A worker meets poison, the job fails with its offsets, is stopped and started at the cut."""
    _running(log)
    cut = cut_of({("orders", 1): 41})
    log.ask(Fail("w-1", log.jobs["orders_big"].epoch, "poison_record", "orders[1] at 41: no JSON", cut), "w-1")
    log.ask(Stop())
    log.ask(Start())
    log.ack("w-2", {0: 0, 1: 41})


def topic_grows(log: Recorder) -> None:
    """A topic grows from two to three partitions while pausing: two are no longer the whole."""
    _running(log)
    log.ask(Pause())
    log.ack("w-1", {0: 7}, 3)
    log.ack("w-2", {1: 9}, 2)
    log.ack("w-2", {2: 0}, 3)


def two_jobs(log: Recorder) -> None:
    """Two jobs in one log: versions count per job, the chain runs through both."""
    _running(log)
    log.ask(Deploy(SPEC), "ben", job_id="other")
    log.ask(Pause())
    log.ask(Start(), "ben", job_id="other")
    log.ack("w-1", {0: 7, 1: 9})
    log.ack("w-2", {0: 1, 1: 1}, job_id="other")


def stop_overtakes(log: Recorder) -> None:
    """A stop overtakes a start, a pause overtaken by a resume is overtaken by a stop."""
    log.ask(Deploy(SPEC))
    log.ask(Start())
    log.ask(Stop())
    log.ack("w-1", {0: 0, 1: 0})
    log.ask(Start())
    log.ask(Pause())
    log.ask(Resume())
    log.ask(Stop())
    log.ack("w-1", {0: 3, 1: 0})


def late_pause_falls_back(log: Recorder) -> None:
    """A pause nobody vouches for falls back to a stop, the empty group proves it, and the next start is still."""
    _running(log)
    log.ask(Pause("maintenance", deadline_s=5))
    log.ask(Expire(log.jobs["orders_big"].epoch, 5), "w-1", later_s=5)
    log.ask(Conclude(log.jobs["orders_big"].epoch, cut_of({("orders", 0): 7, ("orders", 1): 9})), "ana")
    log.ask(Start("again"), "ben")
    log.ack("w-1", {0: 7, 1: 9})


def gap_accepted(log: Recorder) -> None:
    """Retention deletes what a paused job has not read: warned, found, refused, accepted, resumed after it."""
    _running(log)
    log.ask(Pause("maintenance"))
    log.ask(Conclude(log.jobs["orders_big"].epoch, cut_of({("orders", 0): 7, ("orders", 1): 9})), "ana")
    log.ask(Warn(log.jobs["orders_big"].epoch, 50, 3600), "w-1")
    log.ask(Warn(log.jobs["orders_big"].epoch, 10, 720), "w-1")
    gaps = (Gap("orders", 0, 7, 12),)
    log.ask(ReportGap(log.jobs["orders_big"].epoch, "data_gap", gaps_text(gaps), gaps), "w-1")
    log.ask(Resume("go on"))
    log.ask(Resume("go on", accept_gap=True))
    log.ack("w-1", {0: 12, 1: 9})


def rolled_out(log: Recorder) -> None:
    """A held job gets another spec, stays held under it, is let go slowly, catches up, and goes back."""
    _running(log)
    log.ask(Pause("maintenance"))
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Deploy(OTHER_SPEC, reason="v2"), "ben")
    log.ack("w-1", {0: 7, 1: 9})
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(Resume("slowly", rate_per_s=100, until_lag=50))
    log.ack("w-1", {0: 7, 1: 9})
    log.ask(LiftCap(log.jobs["orders_big"].epoch, 12), "w-1")
    log.ask(Rollback(reason="worse"), "ben")
    log.ask(Conclude(log.jobs["orders_big"].epoch, cut_of({("orders", 0): 70, ("orders", 1): 90})), "ben")
    log.ack("w-1", {0: 70, 1: 90})


def held_by_a_rule(log: Recorder) -> None:
    """A rule holds a job and lets go; holds it once more, a person lets go, and the rule is ready when the value is low."""
    _running(log)
    for released in ("errors_per_min at 0 or less for 1m", None):
        log.ask(Trip("rule:failing", "errors_per_min", 7, "errors_per_min 7"), "scheduler")
        log.ack("w-1", {0: 7, 1: 9})
        if released is None:
            log.ask(Resume(hold="rule:failing"), "ben")
        log.ask(Rearm("rule:failing", log.jobs["orders_big"].tripped["rule:failing"], released), "scheduler")
        log.ack("w-1", {0: 7, 1: 9})


def illegal_order(log: Recorder) -> None:
    """Fails on purpose: JobPaused straight after StartRequested, in a chain that verifies."""
    log.ask(Deploy(SPEC))
    log.ask(Start())
    log.forge(JobPaused("c2", cut_of({("orders", 0): 7})))


def unknown_event(log: Recorder) -> None:
    """Fails on purpose: an event of a newer Slackwater, in a chain that fits."""
    _running(log)
    log.append_unknown("JobTeleported", {"to": "another cluster"})


HISTORIES: Final[dict[str, Callable[[Recorder], None]]] = {
    "0001-deploy-run-pause-resume-stop": one_life,
    "0002-pause-overtakes-resume": pause_overtakes_resume,
    "0003-two-workers-cover-four-partitions": two_workers,
    "0004-start-into-holds": start_into_holds,
    "0005-deadline-fails-then-starts-at-cut": deadline,
    "0006-two-holds": two_holds,
    "0007-holds-outlive-stop-and-redeploy": holds_outlive_a_stop,
    "0008-worker-fails-then-starts-at-cut": failure_of_a_worker,
    "0009-topic-grows-while-pausing": topic_grows,
    "0010-two-jobs-one-chain": two_jobs,
    "0011-stop-overtakes-start-and-resume": stop_overtakes,
    "0012-late-pause-falls-back-to-a-stop": late_pause_falls_back,
    "0013-data-gap-found-and-accepted": gap_accepted,
    "0014-rolled-out-while-held-and-back": rolled_out,
    "0015-held-by-a-rule-and-let-go-by-a-person": held_by_a_rule,
    "0101-illegal-order": illegal_order,
    "0102-unknown-event": unknown_event,
}


def record(play: Callable[[Recorder], None]) -> str:
    """The text of a history: what it is for, the rows, and each job as it came out."""
    log = Recorder()
    play(log)
    lines: list[dict[str, Any]] = [{"history": (play.__doc__ or "").strip(), "expects": log.expects}, *log.rows]
    if log.expects is None:
        lines += [{"job": job_data(job)} for _, job in sorted(log.jobs.items())]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


if __name__ == "__main__":
    for name, script in HISTORIES.items():
        file = HERE / f"{name}.jsonl"
        if not file.exists():
            file.write_text(record(script), "utf-8")
            print(f"recorded {file.name}")
