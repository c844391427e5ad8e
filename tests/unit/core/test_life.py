"""The life of one job through `settle`: the shortest proof that table, decide and evolve fit together."""

from datetime import UTC, datetime

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.job import Job
from slackwater.core.result import Result
from slackwater.core.settle import settle
from slackwater.core.spec import JobSpec

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Desk:
    """Settles one command after the other against the job it keeps."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.asked = 0

    def ask(self, verb: Verb) -> Result:
        self.asked += 1
        settled = settle(self.job, Command(f"c{self.asked}", "orders_big", verb, "ana", "api", AT))
        self.job = settled.job
        return settled.result

    def ack(self, stance: Stance, offset: int) -> Result:
        assert self.job is not None
        return self.ask(Ack("w-1", self.job.epoch, stance, cut_of({("orders", 0): offset}), {"orders": 1}))


def test_one_life() -> None:
    """Deployed, run, paused, resumed, stopped: coverage proves each state, the cut is what the ack read."""
    desk = Desk()
    assert desk.ask(Start()).code == "no_such_job"
    states = [
        desk.ask(Deploy(JobSpec("SELECT * FROM orders", inputs=("orders",)))).state,
        desk.ask(Start()).state,
        desk.ack(Stance.RUNNING, 0).state,
        desk.ask(Pause("maintenance")).state,
        desk.ack(Stance.STILL, 7).state,
    ]
    assert states == ["DEPLOYED", "STARTING", "RUNNING", "PAUSING", "PAUSED"]
    assert desk.job is not None
    assert desk.job.cut == cut_of({("orders", 0): 7})
    assert (desk.job.by, desk.job.reason) == ("ana", "maintenance")
    refused = desk.ask(Start())
    assert (refused.code, refused.legal) == ("illegal_transition", ("pause", "resume", "stop", "drain", "kill", "deploy"))
    states = [desk.ask(Resume()).state, desk.ack(Stance.RUNNING, 7).state, desk.ask(Stop()).state]
    assert states == ["RESUMING", "RUNNING", "STOPPING"]
    assert desk.ack(Stance.RELEASED, 9).state == "STOPPED"
    assert desk.job.cut == cut_of({("orders", 0): 9})
