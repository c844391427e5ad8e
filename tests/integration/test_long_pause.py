"""What can happen to a job's inputs while it is paused, and to a job when nobody is there."""

import random
import time
from collections import Counter, defaultdict

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType
from tests.chaos.story import assert_whole
from tests.rig.workers import Rig

from slackwater.admin.errors import Refused
from slackwater.core.coverage import Stance
from slackwater.core.spec_from_sql import plan_of, spec_from_sql
from slackwater.core.want import Want
from slackwater.streams import consumer_settings
from slackwater.streams.counts import Counts
from slackwater.streams.record_path import RecordPath
from slackwater.streams.topics import ensure_topics

VIGIL_S = 25


def _events(rig: Rig) -> list[str]:
    return [recorded.event.__class__.__name__ for recorded in rig.admin.history(rig.job)]


def _paused(rig: Rig, records: int = 400, **env: str) -> None:
    rig.worker(**env)
    rig.deploy_and_start()
    rig.produce(records)
    rig.wait_caught_up()
    rig.admin.pause_job(rig.job, reason="long")


def _delete_before(rig: Rig, partition: int, offset: int) -> None:
    future = rig.kafka_admin.delete_records([TopicPartition(rig.input, partition, offset)])
    next(iter(future.values())).result()


def test_records_deleted_under_a_pause(rig: Rig) -> None:
    """A resume is refused with the exact loss; accepted by name it continues after the gap, and nothing else is missing."""
    _paused(rig)
    rig.produce(400)
    stood = rig.committed()
    _delete_before(rig, 1, stood[1] + 7)
    rig.wait_for(lambda: "DataGapFound" in _events(rig), "the vigil to find the gap", VIGIL_S)
    with pytest.raises(Refused, match=rf"{rig.input}\[1\]: 7 records \({stood[1]} to {stood[1] + 6}\) are gone") as refused:
        rig.admin.resume_job(rig.job)
    assert refused.value.code == "data_gap"
    assert "--accept-gap" in (refused.value.hint or "")
    assert rig.committed() == stood
    rig.admin.resume_job(rig.job, accept_gap=True)
    rig.wait_caught_up()
    missing = sorted(set(rig.expected()) - set(rig.outputs()))
    assert len(rig.outputs()) == len(set(rig.outputs()))
    assert 0 < len(missing) <= 7
    assert "DataGapAccepted" in _events(rig)


def test_records_deleted_under_a_stop(rig: Rig) -> None:
    """Found when it starts: FAILED with the count, not started again until someone takes it."""
    _paused(rig)
    rig.admin.stop_job(rig.job)
    rig.produce(400)
    stood = rig.committed()
    _delete_before(rig, 0, stood[0] + 5)
    rig.admin.start_job(rig.job, wait=False)
    rig.wait_state("PAUSED", "FAILED")
    if rig.admin.get_job_status(rig.job).state == "PAUSED":
        rig.wait_for(lambda: "DataGapFound" in _events(rig), "the vigil to find the gap", VIGIL_S)
        with pytest.raises(Refused, match="5 records"):
            rig.admin.resume_job(rig.job)
        rig.admin.stop_job(rig.job)
    with pytest.raises(Refused, match="5 records"):
        rig.admin.start_job(rig.job)
    rig.admin.start_job(rig.job, accept_gap=True, timeout=60)
    rig.admin.resume_job(rig.job)
    rig.wait_caught_up()
    assert 0 < len(set(rig.expected()) - set(rig.outputs())) <= 5


def _delete(rig: Rig) -> None:
    next(iter(rig.kafka_admin.delete_topics([rig.input]).values())).result()


def _make_anew(rig: Rig) -> None:
    _delete(rig)
    time.sleep(1)
    ensure_topics(rig.connection, {rig.input: rig.partitions})


def test_a_topic_made_anew_is_found_before_it_is_read(rig: Rig) -> None:
    """A resume that comes before any vigil, of a job that stayed in its group: not one record of the other topic is taken,
    though it is long enough for the offsets of the one before."""
    _paused(rig, SLACKWATER_VIGIL_INTERVAL_S="600")
    before = rig.outputs()
    _make_anew(rig)
    rig.produce(4000)
    rig.admin.resume_job(rig.job, wait=False)
    rig.wait_state("FAILED")
    assert (rig.admin.get_job_status(rig.job).failure or "").startswith("topic_identity_changed")
    assert rig.outputs() == before


@pytest.mark.parametrize("moment", ["RUNNING", "PAUSED", "STOPPED"])
def test_a_topic_made_anew(rig: Rig, moment: str) -> None:
    """Never a silent start at 0 of another topic: refused as what it is; accepted, it is read from its beginning."""
    _paused(rig)
    if moment == "STOPPED":
        rig.admin.stop_job(rig.job)
    if moment != "PAUSED":
        rig.admin.resume_job(rig.job)
    _make_anew(rig)
    go_on = rig.admin.start_job
    if moment == "PAUSED":
        rig.wait_for(lambda: "DataGapFound" in _events(rig), "the vigil to see it", VIGIL_S)
        go_on = rig.admin.resume_job
    elif moment == "STOPPED":
        rig.admin.start_job(rig.job, wait=False)
    if moment != "PAUSED":
        rig.wait_state("FAILED")
    with pytest.raises(Refused, match="made anew") as refused:
        go_on(rig.job)
    assert refused.value.code == "topic_identity_changed"
    before = rig.outputs()
    rig.produced = 0
    rig.produce(200)
    go_on(rig.job, accept_gap=True, timeout=60)
    rig.wait_caught_up()
    assert sorted(rig.outputs()) == sorted([*before, *rig.expected()])


def test_a_topic_deleted_for_good(rig: Rig) -> None:
    """A job that runs fails as what it is, and stays so: it is neither started nor tried for ever."""
    rig.worker()
    rig.deploy_and_start()
    _delete(rig)
    rig.wait_state("FAILED")
    with pytest.raises(Refused, match="was deleted") as refused:
        rig.admin.start_job(rig.job)
    assert refused.value.code == "topic_identity_changed"
    rig.admin.start_job(rig.job, accept_gap=True, wait=False)
    rig.wait_state("FAILED")
    assert (rig.admin.get_job_status(rig.job).failure or "").startswith("no_such_topic")


def test_retention_comes_closer(rig: Rig) -> None:
    """Warned at half and at a tenth of the time that was left; then the job's policy acts: here it resumes, in time."""
    rig.worker()
    rig.admin.deploy_job(rig.job, "1", f"-- @on_retention: resume\n{rig.sql}")
    rig.admin.start_job(rig.job, timeout=60)
    rig.produce(100)
    rig.wait_caught_up()
    resource = ConfigResource(ResourceType.TOPIC, rig.input)
    resource.add_incremental_config(ConfigEntry("retention.ms", "24000", incremental_operation=AlterConfigOpType.SET))
    next(iter(rig.kafka_admin.incremental_alter_configs([resource]).values())).result()
    rig.admin.pause_job(rig.job)
    rig.produce(100)
    rig.wait_for(lambda: "ResumeRequested" in _events(rig), "the policy", 80)
    events = _events(rig)
    assert events.count("RetentionWarned") == 2
    assert "DataGapFound" not in events
    rig.wait_state("RUNNING")
    rig.wait_caught_up()
    rig.assert_exactly_once()


def test_partitions_added_under_a_pause(rig: Rig) -> None:
    """They are held too, and read from their beginning once the job goes on."""
    _paused(rig)
    next(iter(rig.kafka_admin.create_partitions([NewPartitions(rig.input, 6)]).values())).result()
    before = rig.outputs()
    rig.produce(600)
    time.sleep(13)
    assert rig.outputs() == before
    rig.partitions = 6
    rig.admin.resume_job(rig.job)
    rig.wait_caught_up()
    rig.wait_for(lambda: len(rig.outputs()) == len(rig.expected()), "the new partitions")
    rig.assert_exactly_once()


def test_nobody_is_there(rig: Rig) -> None:
    """With every worker dead a pause and a stop are proved by the group itself; what comes back obeys them."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.produce(2000)
    rig.kill(worker)
    paused = rig.admin.pause_job(rig.job, timeout=40)
    assert {p: o for _, p, o in paused.cut} == rig.committed()
    assert "GroupFoundEmpty" in _events(rig)
    rig.worker("w-2")
    rig.wait_for(lambda: "worker ready" in rig.said().split("w-2.log")[-1], "the second worker")
    time.sleep(3)
    assert {p: o for _, p, o in paused.cut} == rig.committed()
    rig.admin.resume_job(rig.job, timeout=40)
    rig.wait_caught_up()
    rig.assert_exactly_once()


def test_a_pause_that_is_not_proved_in_time(rig: Rig) -> None:
    """Falls back to a stop, says so, keeps the hold; a start continues at the cut, held still."""
    import signal

    # The sleeper must still be a member when the deadline comes: else the others' word proves the pause.
    long = {"SLACKWATER_SESSION_TIMEOUT_S": "20"}
    sleeper = rig.worker("w-1", **long)
    rig.worker("w-2", **long)
    rig.wait_for(lambda: rig.said().count("worker ready") == 2, "both workers")
    rig.deploy_and_start()
    rig.wait_members(2)
    rig.produce(1000)
    sleeper.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(Refused, match="fallback to stop: PAUSING was not covered within 1 s"):
            rig.admin.pause_job(rig.job, deadline_s=1, timeout=30)
        rig.wait_state("STOPPED", timeout=90)
    finally:
        sleeper.send_signal(signal.SIGCONT)
    assert {p: o for _, p, o in rig.admin.get_job_status(rig.job).cut} == rig.committed()
    assert rig.admin.start_job(rig.job, timeout=60).state == "PAUSED"
    rig.admin.resume_job(rig.job, timeout=60)
    rig.wait_caught_up()
    rig.assert_exactly_once()


def test_one_last_word_for_each_command(rig: Rig) -> None:
    """Ten commands ten times over, out of order and in one poll, and once more when all is over: every message is answered,
    and every command that is carried out has one effect and one last word. Messages are counted, not kinds of them."""
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    verbs = ["start", "pause", "resume", "pause", "pause", "resume", "stop", "start", "pause", "resume"]
    commands = [{verb: rig.job, "id": f"cmd-{n}"} for n, verb in enumerate(verbs)]
    shuffled = commands * 10
    random.Random(4).shuffle(shuffled)
    rig.send(*shuffled)
    rig.worker()

    def said() -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for body in rig.bodies(rig.topics.replies):
            found[body["causationid"]][body["data"]["outcome"]] += 1
        return found

    def is_all_said(times: int) -> bool:
        """Every message has its answer, and nothing that was accepted is still to end."""
        told = said()
        return all(told[id].total() >= times + bool(told[id]["accepted"]) for id in (str(one["id"]) for one in commands))

    rig.wait_for(lambda: is_all_said(10), "a last word for each")
    rig.send(*commands)
    rig.wait_for(lambda: is_all_said(11), "the answers to what came late")
    for id, outcomes in said().items():
        accepted = outcomes.pop("accepted", 0)
        assert set(outcomes) <= {"applied", "overtaken", "refused"}
        assert (accepted, outcomes.total()) in {(11, 1), (0, 11)}, (id, accepted, outcomes)
        assert len(outcomes) == 1, (id, outcomes)
    assert_whole(rig.admin.store)


def test_a_held_path_stays_in_its_group(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held for longer than a member may go without a poll: the same member, the same partitions, and nothing was taken."""
    monkeypatch.setattr(consumer_settings, "MAX_POLL_INTERVAL_MS", rig.connection.session_timeout_ms)
    counts, still = Counts(), Want(Stance.STILL, 1)
    plan = plan_of(spec_from_sql(rig.sql, rig.job)[1])
    path = RecordPath(rig.job, plan, rig.connection, "w-1", topics={}, counts=counts, on_change=lambda: None)

    def is_held() -> bool:
        path.want(still, time.monotonic())
        return path.standing is not None

    rig.produce(1000)
    path.start()
    try:
        rig.wait_for(is_held, "the path to stand still")
        members, until = rig.assigned(), time.monotonic() + 1.4 * rig.session_timeout_s
        rig.wait_for(lambda: is_held() and time.monotonic() > until, "its time to pass")
        assert rig.assigned() == members
        assert list(members.values()) == [list(range(rig.partitions))]
        assert counts.records == 0
    finally:
        path.close()
