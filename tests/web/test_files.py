"""What the server hands to browsers: nothing from elsewhere, nothing inline, nothing that is not what it was."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from slackwater.admin.web import diagram, looks
from slackwater.admin.web.templates import FOLDER, STATIC
from slackwater.core.states import JobState
from slackwater.core.transition_table import JOB_TRANSITIONS

VENDOR = STATIC / "vendor"
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
OURS = [*TEMPLATES, *sorted(STATIC.glob("*.*"))]


def test_vendored_files_are_what_they_were() -> None:
    """Each has its hash and its licence; there is none that is not listed."""
    packages = json.loads((VENDOR / "vendored.json").read_text("utf-8"))
    listed = {name: digest for package in packages for name, digest in package["files"].items()}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    del found["vendored.json"]
    assert found == listed
    for package in packages:
        assert any(name.endswith(".LICENSE.txt") for name in package["files"])
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_foreign_host_and_nothing_inline(path: Path) -> None:
    """The content policy would stop it in a browser; here it is stopped before."""
    text = path.read_text("utf-8")
    assert not re.findall(r"""(?:src|href|action|url\()\s*=?\s*["']?(?:https?:)?//""", text)
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert "|safe" not in text.replace(" ", "")


def test_every_state_has_a_look_and_a_place() -> None:
    """Colour, shape and box; the picture's ways are ways of the table."""
    shown = {state for state in JobState if state is not JobState.ABSENT}
    css, base = (STATIC / "slackwater.css").read_text("utf-8"), (FOLDER / "templates/base.html").read_text("utf-8")
    assert set(looks.LOOKS) == set(diagram.PLACES) == shown
    for look in (*looks.LOOKS.values(), looks.UNKNOWN):
        assert f".{look.name}" in css
        assert f'id="shape-{look.name}"' in base
    assert {(row.source, row.target) for row in JOB_TRANSITIONS} >= diagram.USUAL
    assert looks.look_of("DRAINING") is looks.UNKNOWN


def test_the_way_that_was_taken() -> None:
    """Events that move nothing leave no trace in the picture; the last move is the last drawn."""
    events = ["JobDeployed", "StartRequested", "WorkerAcked", "JobStarted", "PauseRequested", "HoldAdded", "JobPaused"]
    states = diagram.states_after(events)
    assert [str(state) for state in states] == ["DEPLOYED", "STARTING", "RUNNING", "PAUSING", "PAUSED"]
    drawn = diagram.ways(events)
    assert [way.is_last for way in drawn].index(True) == len(drawn) - 1
    assert sum(way.is_taken for way in drawn) == 4
    assert diagram.states_after(["Nonsense"]) == []
