"""A job with the label `protected=true` is moved by nobody who does not say its name once more."""

from dataclasses import replace

import pytest
from tests.unit.control.given import DEPLOYED, NOW, PAUSED, RUNNING, SPEC, job_after

from slackwater.core.commands import Command, Verb
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import Expire
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.decide import decide
from slackwater.core.decisions import Accepted, Refused
from slackwater.core.settle import command_hash

OTHER = replace(SPEC, version="2")


def asked(job_id: str, verb: Verb, channel: str = "topic", yes: str | None = None) -> Command:
    """ben's command."""
    return Command("asked", job_id, verb, "ben", channel, NOW, yes_protected=yes)


@pytest.mark.parametrize(
    ("past", "verb"),
    [(RUNNING, Pause()), (PAUSED, Resume()), (DEPLOYED, Start()), (RUNNING, Stop()), (RUNNING, Deploy(OTHER))],
    ids=lambda one: getattr(one, "name", ""),
)
@pytest.mark.parametrize("channel", ["api", "cli", "http", "topic"])
def test_it_takes_its_name(past: tuple[object, ...], verb: Verb, channel: str) -> None:
    """At every door and of every verb, said exactly; what the log's scheduler asks is no click of a hand."""
    job = job_after(past)
    job = replace(job, spec=replace(job.spec, labels={"protected": "true"}))
    for yes in (None, "", job.id[:-1], f"{job.id} "):
        found = decide(job, asked(job.id, verb, channel, yes))
        assert isinstance(found, Refused)
        assert (found.code, found.state, job.id in (found.hint or "")) == ("protected", job.state, True)
    assert isinstance(decide(job, asked(job.id, verb, channel, job.id)), Accepted)
    assert isinstance(decide(job, asked(job.id, verb, "worker")), Accepted)
    plain = replace(job, spec=replace(job.spec, labels={"protected": "false"}))
    assert isinstance(decide(plain, asked(job.id, verb, channel)), Accepted)


def test_time_and_a_missing_job_need_no_name() -> None:
    """Deadlines end whatever the label says; what does not exist yet cannot be protected."""
    job = job_after(RUNNING)
    job = replace(job, spec=replace(job.spec, labels={"protected": "true"}))
    late = decide(job, asked(job.id, Expire(job.epoch, 60), "cli"))
    assert not (isinstance(late, Refused) and late.code == "protected")
    assert isinstance(decide(None, asked("new", Deploy(OTHER))), Accepted)
    gone = decide(None, asked("new", Rollback()))
    assert isinstance(gone, Refused)
    assert gone.code == "no_such_job"


def test_saying_it_is_another_command() -> None:
    """The same id may not first be refused and then, with the name, mean something else."""
    plain, said = asked("a", Pause()), asked("a", Pause(), yes="a")
    assert command_hash(plain) != command_hash(said)
