"""What the documents ask of the log can be asked on both databases; the examples of docs/audit.md give the same on both."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.docs.blocks import PAGES, ROOT, blocks, dialogue

from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.coverage import Stance
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.verbs import SetFlag
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

from .event_store_suite import SPEC, ack, command, running

PAGE = ROOT / "docs" / "audit.md"
EXPECTED = [
    [("ana", 1)],
    [("orders_big", "budget", "ana", "later")],
    [("orders_big",)],
    [("illegal_transition", "api", 1)],
    [("operator", "ana", "why")],
    [("ana", 1, 3600)],
    [("orders_big", "ana", "why")],
]


def questions(page: Path) -> list[str]:
    """Of each `slackwater audit "…"` of a page, what the shell would hand over."""
    said = [one.command for block in blocks(page) if block.kind == "console" for one in dialogue(block)]
    words = [shlex.split(line, comments=True) for line in said if line.startswith("slackwater audit ")]
    assert not [line for line in words if line[2].startswith("-")], "that is taken for an option"
    return [line[2] for line in words]


@pytest.fixture
def store(url: str) -> Any:
    """One job, held once in the night and once more later."""
    store = open_store(url, create=True)
    running(store)
    for hour, minute, id, verb in (
        (2, 30, "p", Pause("why")),
        (2, 31, "k", ack(2, Stance.STILL, 7)),
        (3, 31, "r", Resume()),
        (4, 0, "h", Pause("later", "budget")),
    ):
        store.handle(replace(command(id, verb), at=datetime(2026, 11, 24, hour, minute, tzinfo=UTC)))
    store.handle(command("x", Start()))
    yield store
    store.close()


def test_examples_of_the_page(store: EventStore) -> None:
    """What the page shows works as it stands."""
    found = [list(store.query(query).rows) for query in questions(PAGE)]
    assert [row[:2] for row in found[0]] == EXPECTED[0]
    assert found[1:] == EXPECTED[1:]


def test_questions_of_every_page(store: EventStore) -> None:
    """None names a view or a column that is not there."""
    asked = [query for page in PAGES for query in questions(page)]
    assert len(asked) > len(EXPECTED)
    for query in asked:
        assert store.query(query).columns


def test_who_asked_and_who_appended(store: EventStore) -> None:
    """A rollout's events are its worker's in `job_history`; its pause and holds are theirs who asked."""
    before = store.head().seq
    store.handle(replace(command("d", Deploy(replace(SPEC, sql="SELECT 1 FROM orders"), ("check",))), actor="ben"))
    epoch = store.job("orders_big").epoch  # type: ignore[union-attr]
    store.handle(replace(command("s", ack(epoch, Stance.RELEASED, 7)), actor="w-1"))
    appended = dict(store.query("SELECT event, actor FROM job_history WHERE seq > :before", {"before": before}).rows)
    assert appended == {
        "RolloutRequested": "ben",
        **dict.fromkeys(("JobStopped", "JobDeployed", "StartRequested", "PauseRequested"), "w-1"),
    }
    assert list(store.query("SELECT hold, owner FROM holds WHERE released_at IS NULL ORDER BY hold").rows) == [
        ("budget", "ana"),
        ("check", "ben"),
    ]
    epoch = store.job("orders_big").epoch  # type: ignore[union-attr]
    store.handle(replace(command("t", ack(epoch, Stance.STILL, 7)), actor="w-1"))
    assert store.query("SELECT actor FROM pauses ORDER BY paused_at DESC LIMIT 1").rows == (("ben",),)


def test_what_a_hold_does_not_cover(store: EventStore) -> None:
    """The question of docs/how-to/restore.md names whoever a pause of all jobs left without the hold, and then nobody."""
    (question,) = (query for query in questions(ROOT / "docs/how-to/restore.md") if "'restored'" in query)
    hold, held_from_the_start = Pause("log restored", "restored"), Deploy(SPEC, ("restored",))
    store.handle(command("l", Deploy(replace(SPEC, labels={"protected": "true"})), "ledger_post"))
    store.handle(command("ls", Start(), "ledger_post", yes_protected="ledger_post"))
    store.handle(command("a", Deploy(SPEC), "at_rest"))
    refused = [store.handle(command(f"p-{job}", hold, job)).code for job in ("orders_big", "ledger_post", "at_rest")]
    assert refused == [None, "protected", "illegal_transition"]
    assert store.query(question).rows == (("at_rest",), ("ledger_post",))
    store.handle(command("yes", hold, "ledger_post", yes_protected="ledger_post"))
    store.handle(command("again", held_from_the_start, "at_rest"))
    store.handle(command("flag", SetFlag(Flag("none"), "night"), POLICY_ID))
    assert store.query(question).rows == ()
