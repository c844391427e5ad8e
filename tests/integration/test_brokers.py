"""Brokers that are not as plain as the embedded one: with passwords, with limits of their own, without our topics."""

import json
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from tests.rig.workers import Rig

from slackwater.admin.api import Admin
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ensure_topics, partition_counts

LOGIN = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "ana",
    "sasl.password": "canary-secret",
}
MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule required"
GUARDED = {
    "listener.security.protocol.map": "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "listener.name.plaintext.plain.sasl.jaas.config": f'{MODULE} username="ana" password="canary-secret" '
    'user_ana="canary-secret";',
}


@pytest.mark.kafka
def test_a_broker_that_wants_a_password(tmp_path: Path) -> None:
    """`kafka_settings` reach every client: record path, control agent, publisher and lag; the password shows nowhere."""
    with EmbeddedKafka(tmp_path / "kafka", settings=GUARDED, client=LOGIN) as broker:
        rig = Rig(broker.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path, settings=LOGIN)
        try:
            worker = rig.worker()
            rig.deploy_and_start()
            rig.produce(100)
            rig.send({"pause": rig.job, "reason": "by topic"})
            rig.wait_state("PAUSED")
            rig.wait_for(lambda: len(rig.bodies(rig.topics.events)) >= rig.admin.store.head().seq, "the log to be published")
            rig.admin.resume_job(rig.job)
            rig.wait_caught_up()
            rig.assert_exactly_once()
            worker.terminate()
            worker.wait(40)
        finally:
            rig.close()
        assert "canary-secret" not in "".join(file.read_text() for file in tmp_path.glob("*.log"))


@pytest.mark.kafka
def test_a_password_the_broker_does_not_take(tmp_path: Path) -> None:
    """Exit 5 at once, saying that we are not let in: it is not waited for as if it might yet come up."""
    with EmbeddedKafka(tmp_path / "kafka", settings=GUARDED, client=LOGIN) as broker:
        rig = Rig(broker.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path, settings=LOGIN)
        try:
            rig.settings["sasl.password"] = "canary-wrong"
            done = rig.cli("worker", "--wait", "60", timeout=50)
            assert done.returncode == 5, done.stderr
            assert "does not let us in" in done.stderr
            assert "waiting" not in done.stderr
            assert "Traceback" not in done.stderr
            doctor = rig.cli("doctor")
            assert doctor.returncode == 1
            assert "does not let us in" in doctor.stdout
            assert "canary" not in done.stderr + doctor.stdout + doctor.stderr
        finally:
            rig.close()


@pytest.mark.kafka
def test_a_broker_with_other_limits(tmp_path: Path) -> None:
    """Timeouts the broker does not allow end the worker at once with the broker's setting to change; it does not hang."""
    limits = {"group.max.session.timeout.ms": "3000", "transaction.max.timeout.ms": "60000"}
    with EmbeddedKafka(tmp_path / "kafka", settings=limits) as broker:
        rig = Rig(broker.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path)
        try:
            done = subprocess.run(
                rig.worker_command("w-1"), env=rig.env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
            )
            assert done.returncode == 2
            assert "group.max.session.timeout.ms" in done.stderr
            assert "Traceback" not in done.stderr
        finally:
            rig.close()


def test_no_input_topic(rig: Rig) -> None:
    """A job whose input does not exist fails at once and names it; once there, a start runs, and makes the outputs."""
    rig.worker()
    mark = rig.job.removeprefix("job-")
    new = {"input": f"late-{mark}", "output": f"made-{mark}"}
    sql = rig.sql.replace(rig.input, new["input"]).replace(rig.output, new["output"])
    rig.admin.deploy_job(rig.job, "1", sql)
    rig.admin.start_job(rig.job, wait=False)
    rig.wait_state("FAILED", timeout=30)
    assert f"no_such_topic: there is no topic {new['input']}" in (rig.admin.get_job_status(rig.job).failure or "")
    ensure_topics(rig.connection, {new["input"]: 3})
    rig.admin.start_job(rig.job, timeout=60)
    assert rig.admin.get_job_status(rig.job).failure is None
    made = partition_counts(rig.connection)
    assert made[new["output"]] == 3
    assert made[f"{new['input']}.dead_letters"] == 1


def test_two_workers_of_one_name(rig: Rig) -> None:
    """Two workers that were given one name share the job like any two: neither fences the other, the output is exact."""
    rig.worker("twin")
    rig.worker("twin")
    rig.deploy_and_start()
    rig.wait_members(2)
    for _ in range(4):
        rig.produce(500)
        time.sleep(0.5)
    rig.admin.pause_job(rig.job, timeout=60)
    rig.admin.resume_job(rig.job, timeout=60)
    rig.wait_caught_up()
    rig.assert_exactly_once()
    assert len(_transactional_ids(rig)) == 2, "twins with one producer's id take turns in fencing each other"


def _transactional_ids(rig: Rig) -> set[str]:
    """Of the job's producers, as the coordinator keeps them: version and length, two bytes each, then the id."""
    keys = (message.key() or b"" for message in rig.read("__transaction_state"))
    ids = {key[4:].decode() for key in keys}
    return {id for id in ids if id.startswith(f"{rig.group}.")}


def test_a_log_older_than_what_was_published(rig: Rig, tmp_path: Path) -> None:
    """A log restored from an older copy is refused: when it is shorter, and also after it has grown again."""
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    old = tmp_path / "old.db"
    _copy(rig, old)
    worker = rig.worker()
    rig.admin.start_job(rig.job, timeout=60)
    head = rig.admin.store.head().seq
    rig.wait_for(lambda: len(rig.bodies(rig.topics.events)) >= head, "the log to be published")
    worker.terminate()
    worker.wait(40)
    for growth in range(2):
        env = {**rig.env, "SLACKWATER_LOG": f"sqlite:///{old}"}
        if growth:
            _grow(rig, old)
        done = subprocess.run(
            rig.worker_command("w-1"), env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 7, done.stderr
        assert ("not the one that was published" if growth else "an older copy") in done.stderr
        assert "SLACKWATER_PREFIX" in done.stderr


def _grow(rig: Rig, log: Path) -> None:
    with Admin.connect(f"sqlite:///{log}", actor="bob") as admin:
        for n in range(20):
            admin.deploy_job(rig.job, None, rig.sql.replace("> 100", f"> {n}"))


def _copy(rig: Rig, target: Path) -> None:
    source, copy = sqlite3.connect(rig.log.removeprefix("sqlite:///")), sqlite3.connect(target)
    with copy:
        source.backup(copy)
    source.close()
    copy.close()


def test_a_header_bomb(rig: Rig) -> None:
    """Ten thousand headers on a command are refused, on a record they are nobody's business."""
    rig.worker()
    rig.deploy_and_start()
    bomb: list[Any] = [(f"h{n}", b"x") for n in range(10_000)]
    rig.send({"pause": rig.job}, headers=bomb)
    rig.wait_for(lambda: any(r["data"].get("code") == "too_large" for r in rig.bodies(rig.topics.replies)), "the refusal")
    producer = Producer(KafkaConnection(rig.bootstrap).client())
    producer.produce(rig.input, json.dumps({"order_id": 0, "customer": "c", "amount": 150.5}), headers=bomb)
    assert producer.flush(20) == 0
    rig.wait_for(lambda: rig.outputs() == [0], "the record")
    assert rig.admin.get_job_status(rig.job).state == "RUNNING"
