"""`--wait caught-up`: it ends when nothing is left to take, and only then."""

import uuid

from confluent_kafka import Producer
from tests.rig.workers import Rig


def _produce_in_transactions(rig: Rig, transactions: int) -> None:
    """Orders, and after those of each partition a marker, which no reader is ever given."""
    producer = Producer(rig.connection.client(transactional_id=uuid.uuid4().hex))
    producer.init_transactions(30)
    for n in range(transactions):
        producer.begin_transaction()
        for partition in range(rig.partitions):
            producer.produce(rig.input, f'{{"order_id": {n}, "customer": "c", "amount": 150.5}}', partition=partition)
        producer.commit_transaction(30)


def test_markers_are_no_records(rig: Rig) -> None:
    """An input written by transactions ends in markers: a lag that never falls. Who took every record is caught up."""
    rig.worker()
    rig.deploy_and_start()
    _produce_in_transactions(rig, 20)
    rig.wait_for(lambda: len(rig.outputs()) == 20 * rig.partitions, "every order")
    rig.admin.pause_job(rig.job)
    _produce_in_transactions(rig, 20)
    state = rig.admin.kafka_state(rig.job)
    assert state is not None
    assert state.current_lag >= 20 * rig.partitions
    done = rig.cli("resume", rig.job, "--wait", "caught-up", timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(rig.outputs()) == 40 * rig.partitions
    again = rig.cli("start", rig.job, "--wait", "caught-up", timeout=120)
    assert again.returncode == 0, again.stderr


def test_nobody_takes_anything(rig: Rig) -> None:
    """A job that runs in the log, but in no worker, is not caught up while there is one record left: exit 6."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.produce(100)
    rig.wait_caught_up()
    rig.kill(worker)
    rig.produce(1)
    done = rig.cli("start", rig.job, "--wait", "caught-up", "--timeout", "6")
    assert done.returncode == 6, done.stderr
    assert "1 records behind" in done.stderr
    rig.worker("w-2")
    assert rig.cli("start", rig.job, "--wait", "caught-up", timeout=120).returncode == 0
    rig.assert_exactly_once()
