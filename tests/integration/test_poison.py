"""Records that cannot be used: none is lost, none stops the others."""

import json

from confluent_kafka import Producer
from tests.rig.workers import Rig

BAD = {
    b"not json": "bad_json",
    b"[1, 2]": "bad_json",
    b"\xff\xfe": "bad_json",
    b'{"order_id": 1.5, "amount": 500}': "bad_field",
    b'{"order_id": "1", "amount": 500}': "bad_field",
    b'{"order_id": 9223372036854775808, "amount": 500}': "bad_field",
    b'{"order_id": 1, "amount": 1e400}': "bad_field",
    b'{"order_id": 1, "amount": 1.7e308}': "expression_error",
}


def _produce(rig: Rig, *values: bytes | None) -> None:
    producer = Producer(rig.connection.client())
    for value in values:
        producer.produce(rig.input, key="k", value=value)
    assert producer.flush(20) == 0


def test_poison_goes_to_dead_letters(rig: Rig) -> None:
    """Each poison record is in the dead-letter topic once, byte for byte, with reason and origin; good ones pass."""
    rig.worker()
    rig.deploy_and_start()
    rig.produce(200)
    _produce(rig, *BAD, None)
    rig.produce(200)
    rig.wait_caught_up()
    rig.assert_exactly_once()
    letters = rig.read(f"{rig.input}.dead_letters")
    assert {letter.value(): dict(letter.headers() or [])["slackwater-code"].decode() for letter in letters} == {
        **BAD,
        None: "null_value",
    }
    assert len(letters) == len(BAD) + 1
    headers = dict(letters[0].headers() or [])
    assert headers["slackwater-topic"].decode() == rig.input
    assert headers["slackwater-job"].decode() == rig.job
    assert int(headers["slackwater-offset"]) >= 0


def test_poison_fails_the_job_if_it_says_so(rig: Rig) -> None:
    """With @on_error: fail the job is FAILED with the record's place, and nothing of the batch was written or committed."""
    rig.worker()
    rig.admin.deploy_job(rig.job, "1", f"-- @on_error: fail\n{rig.sql}")
    rig.admin.start_job(rig.job, timeout=60)
    _produce(rig, b"not json")
    rig.wait_state("FAILED")
    assert "poison_record" in (rig.admin.get_job_status(rig.job).failure or "")
    assert rig.read(f"{rig.input}.dead_letters") == []
    assert sum(rig.committed().values()) == 0


def test_other_jobs_go_on(rig: Rig) -> None:
    """The failure of one job is its own: another on the same worker, reading the same records, writes what it should."""
    rig.worker()
    rig.deploy_and_start()
    strict = f"{rig.job}-strict"
    sql = rig.sql.replace(f"topic = '{rig.output}'", f"topic = '{rig.output}-strict'")
    rig.admin.deploy_job(strict, "1", f"-- @on_error: fail\n{sql}")
    rig.admin.start_job(strict, timeout=60)
    rig.produce(100)
    _produce(rig, b"not json")
    rig.wait_for(lambda: rig.admin.get_job_status(strict).state == "FAILED", "the strict job to fail")
    rig.produce(100)
    rig.wait_caught_up()
    rig.assert_exactly_once()
    assert rig.admin.get_job_status(rig.job).state == "RUNNING"


def test_output_too_large_fails_the_job(rig: Rig) -> None:
    """An output bigger than Kafka takes fails the job with that reason; it is no retry loop."""
    rig.worker()
    sql = rig.sql.replace("customer, amount * 2", "concat(customer, customer, customer) AS customer, amount * 2")
    rig.admin.deploy_job(rig.job, "1", sql)
    rig.admin.start_job(rig.job, timeout=60)
    _produce(rig, json.dumps({"order_id": 1, "customer": "x" * 600_000, "amount": 500.0}).encode())
    rig.wait_state("FAILED")
    failure = rig.admin.get_job_status(rig.job).failure or ""
    assert "output_too_large" in failure
    assert f"{rig.input}[" in failure
    assert rig.outputs() == []
