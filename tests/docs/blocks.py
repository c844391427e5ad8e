"""The fenced blocks of a page, and what is typed and answered in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), ROOT / "llms.txt", *(ROOT / "docs").rglob("*.md")])
_FENCE: Final = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
"""In a list it is indented."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is the page's line of its first one."""

    kind: str
    text: str
    line: int


@dataclass(slots=True)
class Said:
    """A command that is typed, and the lines that come of it."""

    command: str
    answer: list[str] = field(default_factory=list)


def blocks(page: Path) -> Iterator[Block]:
    """Every fenced block, in order."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        yield Block(found[2], dedent(found[3]), text.count("\n", 0, found.start()) + 2)


def dialogue(block: Block) -> list[Said]:
    """Of a `console` block: `$ ` begins a command, a backslash at its end continues it on the next line."""
    said: list[Said] = []
    is_open = False
    for line in block.text.splitlines():
        if is_open:
            said[-1].command = said[-1].command[:-1] + line
        elif line.startswith("$ "):
            said.append(Said(line[2:]))
        else:
            assert said, f"a console block begins with a command, not with {line!r}"
            said[-1].answer.append(line)
            continue
        is_open = line.endswith("\\")
    return said


def name_of(page: Path) -> str:
    """As a reader of a test report writes it."""
    return page.relative_to(ROOT).as_posix()
