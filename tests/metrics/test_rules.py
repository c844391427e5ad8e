"""The alert rules, judged by promtool."""

from pathlib import Path

import pytest
from tests.tidy.product import ROOT

from .binaries import promtool

RULES = ROOT / "admin/alerts/slackwater.rules.yml"
TESTS = sorted(Path(__file__).parent.glob("*.rules.test.yml"))


def test_the_rules_are_rules() -> None:
    """Prometheus takes the file."""
    done = promtool("check", "rules", str(RULES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_alerts_fire_when_they_should(file: Path) -> None:
    """And not before, and not for what merely looks like it: over series written by hand."""
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
