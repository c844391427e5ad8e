"""The tutorial, typed word for word into a real house: what it says comes of each line is what comes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .blocks import ROOT, Block, blocks, dialogue
from .reader import Reader

PAGE = ROOT / "docs/tutorial/first-pause.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    found = Reader(tmp_path)
    yield found
    found.leaves()


@pytest.mark.slow
@pytest.mark.kafka
def test_word_for_word(reader: Reader) -> None:
    """Each command, Python block and exit code in the page's order, on one house; Ctrl-C at the end leaves in order."""
    found = list(blocks(PAGE))
    assert [block.kind for block in found].count("console") >= 6
    for block, after in zip(found, [*found[1:], Block("", "", 0)], strict=True):
        if block.kind == "console":
            for said in dialogue(block):
                reader.types(said.command, "\n".join(said.answer))
        elif block.kind == "python":
            reader.compares(f"line {block.line}", reader.runs(block.text), after.text if after.kind == "text" else "")
    reader.leaves()


def test_a_page_that_differs_is_found() -> None:
    """A word, a state, a line too many or a partition too few is a difference; a number, a time or an id is none."""
    product = "orders_big  RUNNING → PAUSED  0.48 s  orders[0..3] at 128 115 117 111  cmd dcf3e119\n  until 9m 53s\n"
    Reader.compares("", product, "orders_big RUNNING → PAUSED 1.2 s orders[0..3] at 7 0 1,000 9 cmd 0badcafe\nuntil 4s")
    for page in (
        product.replace("PAUSED", "PAUSING"),
        product.replace(" 111", ""),
        product + "one more\n",
        product.replace("until", "since"),
        "",
    ):
        with pytest.raises(AssertionError):
            Reader.compares("", product, page)
