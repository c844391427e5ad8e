"""What is wrong with a setting is said of the place that said it."""

from pathlib import Path

import pytest

from slackwater.admin.doctor import examine
from slackwater.admin.errors import InvalidCommand
from slackwater.admin.misspelt import misspelt
from slackwater.admin.settings import load_settings

from .conftest import Run


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SLACKWATER_METRICS_PORT", "abc", "valid integer"),
        ("SLACKWATER_METRICS_PORT", "70000", "less than or equal to 65535"),
        ("SLACKWATER_PREFIX", "a b", "pattern"),
        ("SLACKWATER_KAFKA_SETTINGS", "secret", "no JSON"),
    ],
)
def test_a_variable_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    """It is named with the reason, and no file is blamed; what it holds is not repeated."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidCommand) as refused:
        load_settings()
    assert refused.value.code == "bad_config"
    assert refused.value.message.startswith(f"{variable}: ")
    assert reason in refused.value.message
    assert "slackwater.toml" not in refused.value.message
    assert "secret" not in refused.value.message
    assert variable in (refused.value.hint or "")


def test_a_line_of_the_file_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named with the reason; of a name that nobody knows the known ones are the hint."""
    monkeypatch.chdir(tmp_path)
    Path("slackwater.toml").write_text("lgo = 'x'\nmetrics_port = 'abc'\n[kafka_settings]\na = 1\n")
    with pytest.raises(InvalidCommand) as refused:
        load_settings()
    for said in ("slackwater.toml: lgo: ", "slackwater.toml: metrics_port: ", "slackwater.toml: kafka_settings.a: "):
        assert said in refused.value.message
    assert "known: log, " in (refused.value.hint or "")


def test_misspelt_variables() -> None:
    """The nearest name is offered. What Kubernetes adds for a service is nobody's mistake."""
    assert list(misspelt({"SLACKWATER_KAFAK": "x", "SLACKWATER_XYZZY": "", "SLACKWATER_LOG": "", "PATH": "/"})) == [
        "SLACKWATER_KAFAK is no setting; did you mean SLACKWATER_KAFKA?",
        "SLACKWATER_XYZZY is no setting",
    ]
    links = {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT_HTTP": "80",
        "PORT": "tcp://10.0.0.1:80",
        "WEB_PORT_80_TCP_PROTO": "tcp",
    }
    assert not list(misspelt({f"SLACKWATER_{name}": value for name, value in links.items()}))
    assert not list(misspelt({"SLACKWATER_WEB_TOKEN": "", "SLACKWATER_DIE_AT": "", "slackwater_log": ""}))


def test_a_misspelt_variable_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line on stderr beside what was asked, none where JSON was; `doctor` finds fault."""
    monkeypatch.setenv("SLACKWATER_METRICSPORT", "9100")
    done = run("jobs", "-o", "name")
    assert (done.code, done.out) == (0, "a\nb\nc\n")
    assert done.err == "warning: SLACKWATER_METRICSPORT is no setting; did you mean SLACKWATER_METRICS_PORT?\n"
    assert run("jobs", "-o", "json").err == ""
    (found,) = [finding for finding in examine(None, None) if finding.name == "environment"]
    assert (found.ok, found.needed) == (False, True)
