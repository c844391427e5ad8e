"""Every metric is declared once, and what is shipped speaks of no other."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from slackwater.streams.metrics import BY_NAME, CATALOGUE, Kind

from .metrics_page import PAGE, dashboards, page, rules
from .product import ROOT, modules, name_of_path

REQUEST = {
    "jobs_paused_total": Kind.COUNTER,
    "jobs_resumed_total": Kind.COUNTER,
    "job_pause_duration_seconds": Kind.HISTOGRAM,
    "job_kafka_lag_while_paused": Kind.GAUGE,
    "job_pause_resume_errors_total": Kind.COUNTER,
}
LABELS = {"job_name", "topic", "partition", "reason_code", "state", "transition", "verb", "channel", "outcome"}
LABELS |= {"version", "worker"}
NAME = re.compile(r"\b(?:slackwater_[a-z_]+|jobs?_[a-z_]+_(?:total|seconds|paused)(?:_bucket|_sum|_count)?)\b")


def test_the_metrics_page_is_current() -> None:
    """docs/metrics.md is what catalogue, rules and dashboards say: run `make diagram`."""
    text = PAGE.read_text("utf-8")
    assert text == page(text)
    assert text.count("<!-- made: ") == 5


def test_the_names_of_the_request() -> None:
    """They are kept exactly; every other begins with `slackwater_`, and says its unit as Prometheus does."""
    assert {name: BY_NAME[name].kind for name in REQUEST} == REQUEST
    for metric in CATALOGUE:
        assert metric.name in REQUEST or metric.name.startswith("slackwater_")
        assert (metric.kind is Kind.COUNTER) == metric.name.endswith("_total")
        if metric.unit in {"bytes", "seconds"}:
            assert re.search(f"_{metric.unit}(_total)?$", metric.name)
    assert len(BY_NAME) == len(CATALOGUE)


def test_labels_are_from_a_closed_set() -> None:
    """Never a reason in words, an actor or a command id: each would make a series of its own."""
    assert {label for metric in CATALOGUE for label in metric.labels} <= LABELS


def test_nothing_else_makes_a_metric() -> None:
    """One module knows the client library, and it makes only what the catalogue has."""
    found = [name_of_path(path) for path in modules() if "prometheus_client" in path.read_text("utf-8")]
    assert found == ["streams/metrics_server.py"]


def _known(name: str) -> bool:
    return name in BY_NAME or re.sub(r"_(bucket|sum|count)$", "", name) in BY_NAME


def _expressions() -> list[str]:
    panels = [panel for board in dashboards() for panel in board["panels"]]
    variables = [one["definition"] for board in dashboards() for one in board["templating"]["list"] if "definition" in one]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    return [*asked, *variables, *(rule["expr"] for rule in rules())]


def test_what_is_shipped_asks_for_what_there_is() -> None:
    """Every metric that a panel or a rule names is in the catalogue; and every one of the catalogue is on a dashboard."""
    named = {name for text in _expressions() for name in NAME.findall(text)}
    assert not {name for name in named if not _known(name)}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in named} | named
    assert set(BY_NAME) - shown <= {"slackwater_worker_start_timestamp_seconds", "slackwater_control_offset"}


def test_what_is_the_same_on_every_worker_is_never_added_up() -> None:
    """In panels and rules `sum` goes over what `max` has made one of; only a worker's own counts are added up."""
    for text in _expressions():
        for name in NAME.findall(text):
            metric = BY_NAME.get(name) or BY_NAME.get(re.sub(r"_(bucket|sum|count)$", "", name))
            if metric is not None and metric.source != "worker":
                assert not re.search(rf"(?<!_)\bsum(?: by \([^)]*\))? ?\((?:increase\(|rate\()?{name}\b", text), text


def test_dashboards_are_whole() -> None:
    """Panels have ids and places of their own, say what they show, and can be pointed at any Prometheus."""
    boards = dashboards()
    assert len({one["uid"] for one in boards}) == len(boards) == 4
    for board in boards:
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            across, down = (range(place[at], place[at] + place[size]) for at, size in ("xw", "yh"))
            cells = {(x, y) for x in across for y in down}
            assert not cells & taken
            taken |= cells
            assert panel["description"]
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        assert [panel["id"] for panel in board["panels"]] == list(range(1, len(board["panels"]) + 1))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_is_tried(rule: dict[str, Any]) -> None:
    """`promtool test rules` sees it fire, and sees it not fire."""
    tried: list[list[Any]] = []
    for file in sorted(Path(ROOT / "tests/metrics").glob("*.rules.test.yml")):
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            tried += [one["exp_alerts"] for one in test["alert_rule_test"] if one["alertname"] == rule["alert"]]
    assert any(tried)
    assert not all(tried)
