"""Every panel's query, asked of a real Prometheus that scrapes two real workers; and what they say is what the log says."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType  # type: ignore[attr-defined]
from tests.rig.ports import free_port
from tests.rig.workers import Rig
from tests.tidy.metrics_page import dashboards

from slackwater.admin.errors import SlackwaterError
from slackwater.core.tally import tally
from slackwater.streams.topics import ensure_topics

from .prometheus import Prometheus, get

POISON = """-- @name: {job}
-- @on_error: fail
CREATE STREAM orders (order_id BIGINT) WITH (topic = '{input}');
CREATE STREAM out WITH (topic = '{input}-out') AS SELECT order_id FROM orders;
"""
pytestmark = [pytest.mark.slow, pytest.mark.kafka]


class Scene(NamedTuple):
    """Two workers that were scraped through the life of two jobs."""

    rig: Rig
    prometheus: Prometheus
    ports: tuple[int, int]
    poisoned: str


@pytest.fixture(scope="module")
def scene(kafka: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One job was paused, let go and is held again with records before it; another failed; commands were refused."""
    directory = tmp_path_factory.mktemp("scene")
    rig = Rig(kafka.bootstrap, f"sqlite:///{directory}/log.db", directory)
    ports = free_port(), free_port()
    try:
        with Prometheus(directory, ports) as prometheus:
            for n, port in enumerate(ports, 1):
                rig.worker(f"w-{n}", SLACKWATER_METRICS_PORT=str(port), SLACKWATER_METRICS_HOST="127.0.0.1")
            rig.wait_for(lambda: prometheus.value("sum(up)") == 2, "both workers to be scraped")
            _live(rig)
            poisoned = _poison(rig)
            _refuse(rig)
            rig.produce(1000)
            waiting = f'max(job_kafka_lag_while_paused{{job_name="{rig.job}"}})'
            rig.wait_for(lambda: prometheus.value(waiting) >= 1000, "the lag of the paused job")
            horizon = f'min(slackwater_retention_loss_horizon_seconds{{job_name="{rig.job}"}})'
            rig.wait_for(lambda: 6 * 86_400 < prometheus.value(horizon) < 7 * 86_400, "its loss horizon")
            refused = 'max(slackwater_commands_total{verb="pause",channel="topic",outcome="refused"})'
            rig.wait_for(lambda: prometheus.value(refused) == 1, "the refusal to be scraped")
            rig.wait_for(lambda: prometheus.value("sum(slackwater_control_tombstones_total)") == 1, "the tombstone")
            yield Scene(rig, prometheus, ports, poisoned)
    finally:
        rig.close()


def _live(rig: Rig) -> None:
    resource = ConfigResource(ResourceType.TOPIC, rig.input)
    kept = str(7 * 86_400_000)
    resource.add_incremental_config(ConfigEntry("retention.ms", kept, incremental_operation=AlterConfigOpType.SET))
    next(iter(rig.kafka_admin.incremental_alter_configs([resource]).values())).result()
    rig.deploy_and_start()
    rig.produce(3000)
    producer = Producer(rig.connection.client())
    producer.produce(rig.input, value=b"no order")
    assert producer.flush(20) == 0
    rig.wait_caught_up()
    rig.admin.pause_job(rig.job, reason="first")
    rig.admin.resume_job(rig.job)
    rig.admin.pause_job(rig.job, hold="night", for_s=3600)


def _poison(rig: Rig) -> str:
    name, topic = f"{rig.job}-poisoned", f"{rig.input}-poisoned"
    ensure_topics(rig.connection, {topic: 1, f"{topic}-out": 1})
    producer = Producer(rig.connection.client())
    producer.produce(topic, value=b"no order")
    assert producer.flush(20) == 0
    rig.admin.deploy_job(name, "1", POISON.format(job=name, input=topic))
    rig.admin.start_job(name, wait=False)
    rig.wait_for(lambda: rig.admin.get_job_status(name).state == "FAILED", "the poisoned job to fail")
    return name


def _refuse(rig: Rig) -> None:
    rig.send(None)
    rig.send({"pause": f"{rig.job}-poisoned"})
    with pytest.raises(SlackwaterError):
        rig.admin.start_job(rig.job)


PANELS = [(board["uid"], panel) for board in dashboards() for panel in board["panels"]]


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}: {panel['title']}" for board, panel in PANELS])
def test_a_panel_shows_something(scene: Scene, board: str, panel: dict[str, Any]) -> None:
    """Each of its queries is one that Prometheus takes, and gives at least one number."""
    for target in panel["targets"]:
        expression = target["expr"]
        for variable, value in (("$job_name", ".*"), ("$__rate_interval", "1m"), ("$__range", "10m")):
            expression = expression.replace(variable, value)
        found = scene.prometheus.query(expression)
        assert found, f"{board}: nothing comes of {expression}"
        assert any(not math.isnan(float(one["value"][1])) for one in found), expression


def test_both_workers_say_what_the_log_says(scene: Scene) -> None:
    """Whichever is asked: the counts of transitions are those of a fold of the log."""
    rig, ask = scene.rig, scene.prometheus.query
    log = list(rig.admin.events(0, follow=False))
    rig.wait_for(lambda: scene.prometheus.value("min(slackwater_log_position)") == len(log), "both to have read the log")
    counted = tally(log)
    for name, found in (("jobs_paused_total", counted.paused), ("jobs_resumed_total", counted.resumed)):
        for (job, code), number in found.items():
            said = ask(f'{name}{{job_name="{job}",reason_code="{code}"}}')
            assert [float(one["value"][1]) for one in said] == [float(number)] * 2
    assert counted.paused == {(rig.job, "operator"): 1, (rig.job, "named_hold"): 1}
    spans = ask(f'job_pause_duration_seconds_count{{job_name="{rig.job}"}}')
    assert [one["value"][1] for one in spans] == ["1", "1"]
    assert scene.prometheus.value('max(job_pause_resume_errors_total{reason_code="illegal_transition"})') == 1
    failed = f'slackwater_job_failures_total{{job_name="{scene.poisoned}",reason_code="poison_record"}}'
    assert scene.prometheus.value(f"max({failed})") == 1


def test_what_workers_count_of_themselves_adds_up(scene: Scene) -> None:
    """Over both workers every record was counted once, and the one that was no order is a dead letter."""
    job = f'{{job_name="{scene.rig.job}"}}'
    assert scene.prometheus.value(f"sum(slackwater_records_total{job})") == 3001
    assert scene.prometheus.value(f"sum(slackwater_outputs_total{job})") == 1500
    assert scene.prometheus.value(f"sum(slackwater_dead_letters_total{job})") == 1
    assert scene.prometheus.value(f"sum(slackwater_owned_partitions{job})") == scene.rig.partitions
    bytes_out = sum(len(message.value() or b"") for message in scene.rig.read(scene.rig.output))
    assert scene.prometheus.value(f"sum(slackwater_output_bytes_total{job})") == bytes_out


def test_alerts_of_a_well_house(scene: Scene) -> None:
    """Only what is the matter is told: the job that failed."""
    rig = scene.rig
    rig.wait_for(lambda: "SlackwaterJobFailed" in scene.prometheus.firing(), "the alert")
    assert scene.prometheus.firing() == {"SlackwaterJobFailed"}


def test_the_probes(scene: Scene) -> None:
    """Both workers live and are ready; what is none of their paths is 404."""
    for port in scene.ports:
        for path, status in (("healthz", 200), ("readyz", 200), ("", 404), ("metrics/x", 404)):
            assert get(f"http://127.0.0.1:{port}/{path}")[0] == status
