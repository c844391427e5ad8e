"""The tables of docs/metrics.md, made from the catalogue, the rules and the dashboards; its words are the page's own.

`python -m tests.tidy.metrics_page` (`make diagram`) writes them anew between their marks.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from slackwater.streams.metrics import CATALOGUE, Source

from .product import ROOT

PAGE: Final = ROOT / "docs/metrics.md"
_MADE: Final = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rules() -> list[dict[str, Any]]:
    """The alert rules we ship."""
    (group,) = yaml.safe_load((ROOT / "admin/alerts/slackwater.rules.yml").read_text("utf-8"))["groups"]
    return list(group["rules"])


def dashboards() -> list[dict[str, Any]]:
    """The dashboards we ship."""
    return [json.loads(file.read_text("utf-8")) for file in sorted((ROOT / "admin/grafana").glob("*.json"))]


def _metrics(source: Source) -> Iterator[tuple[str, ...]]:
    yield "name", "type", "unit", "labels", "meaning"
    for metric in CATALOGUE:
        if metric.source is source:
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            yield f"`{metric.name}`", metric.kind, metric.unit, labels, metric.help


def _alerts() -> Iterator[tuple[str, ...]]:
    yield "alert", "severity", "what to do"
    for rule in rules():
        what = rule["annotations"]["description"].replace("{{ $labels.job_name }}", "JOB")
        yield f"`{rule['alert']}`", rule["labels"]["severity"], what


def _dashboards() -> Iterator[tuple[str, ...]]:
    yield "dashboard", "shows"
    yield from ((one["title"], one["description"]) for one in dashboards())


def _table(rows: Iterator[tuple[str, ...]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body)).replace(" --- ", "---")


def page(text: str) -> str:
    """The page with its tables made anew."""
    made = {source.value: _table(_metrics(source)) for source in Source}
    made |= {"alerts": _table(_alerts()), "dashboards": _table(_dashboards())}
    return _MADE.sub(lambda place: f"{place[1]}{made[place[2]]}\n{place[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
