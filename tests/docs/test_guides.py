"""The guides, typed into a real house: what they say to type works as it stands.

Too long for every run: `make guides`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .blocks import ROOT, Block, blocks, dialogue
from .command_lines import SLACKWATER, simple_commands
from .reader import Reader

pytestmark = pytest.mark.skipif("SW_GUIDES" not in os.environ, reason="make guides runs it: minutes")
GUIDES = (
    "docs/how-to/maintenance-window.md",
    "docs/how-to/rollout.md",
    "docs/how-to/hold-by-rule.md",
    "docs/how-to/incident.md",
    "docs/how-to/restore.md",
    "docs/audit.md",
    "docs/policy.md",
)
ENDLESS = {"dev", "web", "worker"}
CODE = re.compile(r"#.*\bexit (\d)")
"""A line says so in its comment where something else than 0 comes of it."""
JOB = """-- @name: {name}
-- @version: {version}
{labels}
CREATE STREAM orders (order_id BIGINT, amount DOUBLE) WITH (topic = 'orders');
CREATE STREAM {name}_out WITH (topic = '{out}') AS SELECT order_id, amount * 1.2 AS gross FROM orders WHERE amount > 100;
"""
JOBS = {"orders_small": ("team=payments",), "ledger_post": ("team=payments", "protected=true"), "at_rest": ()}
EVERYTHING_GOES = (
    "slackwater flag all",
    "slackwater resume --all --all-holds --yes --yes-protected ledger_post",
    "slackwater start orders_big orders_small --yes",
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def house(directory: Path) -> Iterator[Reader]:
    """As `slackwater dev` opens it."""
    reader = Reader(directory)
    try:
        reader.opens_house()
        yield reader
    finally:
        reader.leaves()


@pytest.fixture(scope="module")
def at_work(house: Reader, directory: Path) -> Reader:
    """With what the guides are about: jobs of a team, a protected one, one at rest, and another text for one that runs."""
    for name, labels in JOBS.items():
        _write(directory, name, labels)
        _does(house, f"slackwater deploy {name}.sql")
    _does(house, "slackwater start orders_small ledger_post --yes --yes-protected ledger_post")
    _write(directory, "orders_big", (), "2", "big_orders")
    return house


def _write(directory: Path, name: str, labels: tuple[str, ...], version: str = "1", out: str | None = None) -> None:
    lines = "\n".join(f"-- @label: {label}" for label in labels)
    text = JOB.format(name=name, version=version, labels=lines, out=out or f"{name}_out")
    (directory / f"{name}.sql").write_text(text, "utf-8")


def typed(block: Block) -> list[str]:
    """Those commands of a block that are ours alone, and end by themselves."""
    commands = [said.command for said in dialogue(block)]
    parts = {command: list(simple_commands(command)) for command in commands}
    return [one for one in commands if all(words[0] in SLACKWATER and words[1] not in ENDLESS for words in parts[one])]


def _does(house: Reader, command: str, where: str = "") -> None:
    """It ends as its comment says, else with 0."""
    found = CODE.search(command)
    said = house.says(command)
    assert house.code == int(found[1] if found else 0), f"{where}$ {command}\n{said}"


def _types(house: Reader, page: str) -> None:
    count = 0
    for block in blocks(ROOT / page):
        where = f"{page}:{block.line}: "
        if block.kind == "python":
            said = house.runs(block.text)
            assert house.code == 0, where + said
        for command in typed(block) if block.kind == "console" else ():
            _does(house, command, where)
            count += 1
    assert count, "nothing was typed"


@pytest.mark.slow
@pytest.mark.kafka
def test_the_first_page(house: Reader) -> None:
    """What the README says to try goes so in a house as it was opened."""
    _types(house, "README.md")


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("guide", GUIDES)
def test_as_it_stands(at_work: Reader, guide: str) -> None:
    """Each command ends as its line says, else with 0, and each Python block without an error, in the page's order."""
    for command in EVERYTHING_GOES:
        at_work.says(command)
    _types(at_work, guide)
