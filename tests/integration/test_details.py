"""What is known of a job: while it runs and while it is held still, with workers and without, with Kafka and without."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.chaos.foreign import open_transaction
from tests.rig.workers import SESSION_TIMEOUT_S, Rig

from slackwater.admin.api import Admin


def _owned(rig: Rig) -> dict[str, tuple[str, ...]]:
    state = rig.admin.kafka_state(rig.job)
    assert state is not None
    return dict(state.workers)


def test_details_of_a_job_that_runs(rig: Rig) -> None:
    """Counts, rates and times of its batches; who owns which partition; where each stands."""
    for name in ("w-1", "w-2"):
        rig.worker(name)
    rig.deploy_and_start()
    rig.wait_members(2)
    rig.produce(2000)
    rig.wait_caught_up()
    rig.wait_for(lambda: rig.admin.get_job_details(rig.job).metrics.records == 2000, "the counts of both workers")
    details = rig.admin.get_job_details(rig.job)
    metrics, kafka = details.metrics, details.kafka
    assert (metrics.outputs, metrics.dead_letters) == (1000, 0)
    # Two workers that join at once may fence each other's first commit: a try that failed, and the log says so.
    assert metrics.errors == rig.heard("*", "rewinding to the committed offsets") + rig.heard("*", "joining anew")
    assert 0 < metrics.bytes_out < metrics.bytes_in
    assert metrics.batches > 0
    assert metrics.batch_mean_s is not None
    assert metrics.memory_bytes is not None
    assert metrics.memory_bytes > 10_000_000
    assert metrics.last_record_at is not None
    assert metrics.counted_since is not None
    assert metrics.counted_since < metrics.last_record_at <= datetime.now(UTC)
    assert kafka is not None
    assert kafka.consumer_group_id == rig.connection.group_of(rig.job)
    assert set(kafka.workers) == {"w-1", "w-2"}
    places = tuple(f"{rig.input}[{n}]" for n in range(rig.partitions))
    assert kafka.assigned_partitions == places
    assert tuple(sorted(place for owned in kafka.workers.values() for place in owned)) == places
    assert {one.partition: one.offset for one in kafka.partitions} == rig.committed()
    assert all(one.worker in kafka.workers and one.lag == 0 and one.end == one.offset for one in kafka.partitions)
    assert (details.kafka_lag, details.last_processed_offset) == (0, max(rig.committed().values()) - 1)
    assert (details.holds, details.next_deadline, details.loss_horizon_s, details.waiting_for) == ((), None, None, ())
    assert details.time_in_state_s is not None
    assert details.time_in_state_s > 0


def test_lag_climbs_while_paused(rig: Rig) -> None:
    """Seen anew by the keeper of vigil, so that who lists jobs knows it without Kafka; the rate falls to nothing."""
    rig.worker()
    rig.deploy_and_start()
    rig.produce(300)
    rig.wait_caught_up()
    rig.admin.pause_job(rig.job, hold="night", for_s=3600)
    with Admin(rig.admin.store, kafka=None) as without_kafka:

        def status() -> Any:
            return without_kafka.list_jobs()[0]

        for total in (700, 1400):
            rig.produce(700)
            rig.wait_for(lambda total=total: status().lag == total, f"the lag of {total}", 30)  # type: ignore[misc]
        assert (datetime.now(UTC) - status().lag_at).total_seconds() < 10
        rig.wait_for(lambda: status().records_per_s == 0, "the rate to be nothing", 30)
        details = without_kafka.get_job_details(rig.job)
    assert (details.kafka, details.kafka_lag) == (None, 1400)
    assert details.status.holds[0].until == details.next_deadline
    shown = rig.cli("jobs")
    assert "1,400" in shown.stdout
    named = json.loads(rig.cli("show", rig.job, "-o", "json").stdout)
    assert named["kafka_lag"] == 1400
    assert named["kafka"]["partitions"][0]["worker"] == "w-1"
    assert named["holds"][0]["name"] == "night"


def test_nobody_lives(rig: Rig) -> None:
    """With every worker dead the lag is asked from Kafka, and nobody is said to own anything."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.produce(200)
    rig.wait_caught_up()
    rig.admin.pause_job(rig.job)
    rig.wait_for(lambda: rig.admin.get_job_details(rig.job).metrics.records == 200, "the counts")
    rig.kill(worker)
    rig.produce(500)
    details = rig.admin.get_job_details(rig.job)
    assert details.kafka_lag == 500
    assert details.metrics.records == 200, "what it counted is still known"
    rig.wait_for(lambda: _owned(rig) == {}, "the group to miss it", SESSION_TIMEOUT_S + 20)
    gone = rig.admin.get_job_details(rig.job)
    assert gone.kafka is not None
    assert gone.kafka.assigned_partitions == ()
    assert {one.worker for one in gone.kafka.partitions} == {None}
    assert sum(one.lag for one in gone.kafka.partitions) == 500
    shown = rig.cli("show", rig.job).stdout
    assert "lag  500\n" in shown
    assert "workers  none" in shown


def test_counts_go_on_over_stops(rig: Rig) -> None:
    """A job that is stopped and started again in the same worker goes on counting where it was."""
    rig.worker()
    rig.deploy_and_start()
    rig.produce(100)
    rig.wait_caught_up()
    rig.admin.stop_job(rig.job)
    rig.admin.start_job(rig.job)
    rig.produce(100)
    rig.wait_caught_up()
    rig.wait_for(lambda: rig.admin.get_job_details(rig.job).metrics.records == 200, "the counts of both lives", 30)


def test_every_line_about_a_job_names_it(rig: Rig) -> None:
    """The worker's log is JSON lines; those about the job carry its name, epoch and the command that is carried out."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.admin.pause_job(rig.job, command_id="CHG-4711")
    rig.send({"resume": rig.job, "id": "by-topic", "actor": "ana"})
    rig.wait_state("RUNNING")
    worker.terminate()
    assert worker.wait(40) == 0
    lines = [json.loads(line) for line in (rig.directory / "w-1.log").read_text().splitlines()]
    about = [line for line in lines if line.get("job_name") == rig.job]
    assert {line["epoch"] for line in about} >= {1, 2, 3}
    assert all({"job_name", "epoch", "command_id", "event", "level", "timestamp"} <= set(line) for line in about)
    by_command = {line["command_id"]: line for line in about}
    assert by_command["CHG-4711"]["state"] == "PAUSED"
    decided = [line for line in about if line["event"] == "resume accepted"]
    assert [(line["command_id"], line["actor"], line["epoch"]) for line in decided] == [("by-topic", "ana", 3)]


def test_a_transaction_left_open_on_an_input(rig: Rig) -> None:
    """What may not be read yet is no lag, and is said for what it is: else a job that waits looks like one that is idle."""
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    rig.produce(40)
    with open_transaction(rig):
        rig.produce(60)
        state = rig.admin.kafka_state(rig.job)
        assert state is not None
        assert (state.current_lag, state.blocked_by_open_txn) == (40, rig.partitions + 60)
        assert all(place.blocked_by_open_txn > 0 for place in state.partitions)
        assert "blocked  64 more behind a transaction" in rig.cli("show", rig.job).stdout
    state = rig.admin.kafka_state(rig.job)
    assert state is not None
    assert state.blocked_by_open_txn == 0
