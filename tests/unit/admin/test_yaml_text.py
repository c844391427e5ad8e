"""The command line's YAML."""

import pytest
import yaml  # type: ignore[import-untyped]

from slackwater.admin.cli.yaml_text import yaml_text


@pytest.mark.parametrize("text", ["08", "1e3", "0o17", "0x1F", ".5", "+1.", "1", "no", "2026-11-24", "null", "~", "1_000"])
def test_a_text_stays_a_text(text: str) -> None:
    """Whatever a reader of YAML 1.1 or 1.2 would take for something else stands in quotes."""
    said = yaml_text({"version": text})
    assert said == f"version: '{text}'"
    assert yaml.safe_load(said) == {"version": text}


def test_numbers_stay_numbers() -> None:
    """Only texts are quoted, and the order of the keys is kept."""
    data = {"b": 1, "a": 1.5, "c": None, "d": [True, "v1.2"]}
    said = yaml_text(data)
    assert said == "b: 1\na: 1.5\nc: null\nd:\n- true\n- v1.2"
