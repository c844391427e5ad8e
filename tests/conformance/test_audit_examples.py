"""The example queries of docs/audit.md run on both databases and give the same."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.coverage import Stance
from slackwater.persistence.open import open_store

from .event_store_suite import ack, command, running

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"
EXPECTED = [
    [("ana", 1)],
    [("orders_big", "budget", "ana", "later")],
    [("illegal_transition", "api", 1)],
    [("operator", "ana", "why")],
    [("ana", 1, 3600)],
    [("orders_big", "ana", "why")],
]


def test_examples_of_the_page(url: str) -> None:
    """What the page shows works as it stands."""
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
    queries = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = [list(store.query(query).rows) for query in queries]
    assert [row[:2] for row in found[0]] == EXPECTED[0]
    assert found[1:] == EXPECTED[1:]
    store.close()
