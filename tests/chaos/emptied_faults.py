"""Faults that leave nothing: the broker comes back as an empty cluster, with another id and without a topic or an offset."""

import shutil
from pathlib import Path

import pytest
from tests.rig.workers import Rig

from slackwater.admin.errors import SlackwaterError
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.topics import ensure_topics

from .house import house, kill
from .story import Measured, Otherwise, proved_pause


def broker_emptied_while_running(directory: Path) -> Measured:
    """The job fails for want of its input; once there is a topic of that name, as another than it was."""
    with house(directory, workers=("w-1",)) as (broker, rig):
        rig.produce(2000)
        rig.wait_caught_up()
        return _emptied(broker, rig)


def broker_emptied_while_paused(directory: Path) -> Measured:
    """The same of a job that is paused."""
    with house(directory, workers=("w-1",)) as (broker, rig):
        rig.produce(2000)
        rig.wait_caught_up()
        proved_pause(rig)
        return _emptied(broker, rig)


def _emptied(broker: EmbeddedKafka, rig: Rig) -> Measured:
    kill(broker)
    broker.stop()
    shutil.rmtree(broker.directory)
    broker.start()
    rig.wait_state("FAILED")
    failure = rig.admin.get_job_status(rig.job).failure or ""
    # Whoever finds it first: the record path that has nothing to read from, or the vigil.
    assert failure.startswith(("no_such_topic", "topic_identity_changed")), failure
    rig.forget_broker()
    ensure_topics(rig.connection, {rig.input: rig.partitions})
    rig.produce(2000)
    with pytest.raises(SlackwaterError):
        rig.admin.start_job(rig.job, timeout=60)
    with pytest.raises(SlackwaterError) as refused:
        rig.admin.start_job(rig.job, timeout=60)
    assert refused.value.code == "topic_identity_changed"
    assert set(rig.committed().values()) == {-1001}, "it began without a word from anybody"
    rig.admin.start_job(rig.job, accept_gap=True, timeout=60)
    rig.settle()
    rig.wait_caught_up()
    proved_pause(rig)
    rig.assert_exactly_once()
    assert rig.admin.verify().ok
    joined = rig.heard("w-1", "joining anew")
    assert joined < 30, f"it joined anew {joined} times"
    return Otherwise(
        "FAILED `no_such_topic` or `topic_identity_changed`; accepted: 0 lost, 0 twice", {"joined anew": joined}
    )


EMPTIED_FAULTS = (broker_emptied_while_running, broker_emptied_while_paused)
