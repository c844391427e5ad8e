"""Whatever the documents tell people to type exists."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.tidy.settings_page import variables

from slackwater.admin.api import Admin
from slackwater.admin.async_api import AsyncAdmin
from slackwater.admin.door import Door
from slackwater.core.commands import Position
from slackwater.core.control.unreadable import Unreadable
from slackwater.streams.control.envelope import read_command
from slackwater.streams.control.flat_form import Arrival
from slackwater.streams.control.many import Many

from .blocks import PAGES, ROOT, Block, blocks, dialogue, name_of
from .command_lines import SLACKWATER, check, options_of, root, simple_commands

SHELLS = {"console", "sh"}
SHELL_BLOCKS = [(page, block) for page in PAGES for block in blocks(page) if block.kind in SHELLS]
PYTHON_BLOCKS = [(page, block) for page in PAGES for block in blocks(page) if block.kind == "python"]
ADMINS = {"admin": Admin, "async_admin": AsyncAdmin(object.__new__(Admin))}
FOREIGN = {"--export", "--reset-offsets"}
"""Options of programs that are not ours."""
VARIABLE = re.compile(r"\bSLACKWATER_[A-Z_]+")


def _lines(block: Block) -> list[str]:
    return block.text.splitlines() if block.kind == "sh" else [said.command for said in dialogue(block)]


def _id(found: object) -> str:
    return name_of(found) if isinstance(found, Path) else str(found.line) if isinstance(found, Block) else ""


@pytest.mark.parametrize(("page", "block"), SHELL_BLOCKS, ids=_id)
def test_shell_blocks(page: Path, block: Block) -> None:
    """Every program, verb, option, make target and file of ours in a block to type is there."""
    for line in _lines(block):
        for words in simple_commands(line):
            check(words)


def _spans(page: Path) -> Iterator[list[str]]:
    """The words of each `span` of a page's sentences."""
    text = re.sub(r"^( *)```.*?^\1```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    yield from (found.split() for found in re.findall(r"`([^`\n]+)`", text) if found.strip())


def _named(page: Path) -> Iterator[list[str]]:
    """The verb, with its options, of each command of ours in a page's sentences; `slackwater` may be left out."""
    for words in _spans(page):
        verb = words[1:] if words[0] in SLACKWATER else words
        is_said = words[0] in SLACKWATER and verb and verb[0].isalpha() and verb[0].islower()
        if is_said or (verb and verb[0] in root().commands):
            yield [word for word in verb if "…" not in word]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_the_text(page: Path) -> None:
    """`slackwater VERB --option` inside a sentence names a verb and options that exist; arguments may be left out."""
    for words in _named(page):
        said = {word.split("=")[0] for word in words if word.startswith("-") and word != "-"}
        assert said <= options_of(words), f"{' '.join(words)}: no such verb or option"


@pytest.mark.parametrize("page", sorted({page for page, _ in SHELL_BLOCKS}), ids=name_of)
def test_options_in_the_text(page: Path) -> None:
    """An `--option` that stands alone in a sentence is one of a verb that the page names."""
    lines = [line for block in blocks(page) if block.kind in SHELLS for line in _lines(block)]
    typed = [words for line in lines for words in simple_commands(line) if words[0] in SLACKWATER]
    verbs = [*_named(page), *(words[n:] for words in typed for n, word in enumerate(words) if word in root().commands)]
    known = {option for words in verbs for option in options_of(words)} | FOREIGN
    alone = {words[0].split("=")[0] for words in _spans(page) if re.match(r"--\w", words[0])}
    assert alone <= known, f"{alone - known}: of no verb that the page names"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_in_the_text(page: Path) -> None:
    """A variable of the environment is a setting's, or an option's."""
    known = {*variables(), *_variables_of_options()}
    assert set(VARIABLE.findall(page.read_text("utf-8"))) <= known


def _variables_of_options() -> set[str]:
    parameters = [one for verb in root().commands.values() for one in verb.params]
    named = [one.envvar for one in parameters if getattr(one, "envvar", None)]
    return {name for one in named for name in ([one] if isinstance(one, str) else one or [])}


@pytest.mark.parametrize(("page", "block"), PYTHON_BLOCKS, ids=_id)
def test_python_blocks(page: Path, block: Block) -> None:
    """Python in a page compiles, and calls Admin's methods by names and keywords they have."""
    compile(block.text, name_of(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for node in ast.walk(ast.parse(block.text)):
        match node:
            case ast.Attribute(value=ast.Name(id="admin" | "async_admin" as id), attr=name):
                assert hasattr(ADMINS[id], name), f"{id}.{name}: there is none"
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="admin"), attr=name), keywords=keywords):
                known = inspect.signature(getattr(Admin, name)).parameters
                how = set() if "how" not in known else set(inspect.signature(Door.ask).parameters)
                assert {one.arg for one in keywords} <= {*known, *how}


def test_messages_of_the_control_topic() -> None:
    """Every message that its page shows, or has people type, is read as a command."""
    page = ROOT / "docs/control-topic.md"
    shown = [block.text for block in blocks(page) if block.kind == "json"]
    typed = re.findall(r"^echo '(.+)' \| kcat ", page.read_text("utf-8"), re.MULTILINE)
    assert shown
    assert typed
    for text in (*shown, *typed):
        read = read_command(Arrival(Position("slackwater.control", 0, 7), {}, None, text.encode()), datetime.now(UTC))
        asked = read.command if isinstance(read, Many) else read
        assert not isinstance(asked.verb, Unreadable), text


def test_a_wrong_line_is_found() -> None:
    """The checks above can fail: a verb, an option, a choice, a target, a program and a file that do not exist."""
    for line in (
        "slackwater pauze orders_big",
        "slackwater pause orders_big --why x",
        "slackwater jobs --output xml",
        "slackwater deploy",
        "X=1 slackwater pause a --reason 'b' && slackwater nothing",
        "make nothing",
        "frobnicate",
        "kubectl apply -f deploy/nothing.yaml",
    ):
        with pytest.raises(Exception, match=r"."):
            [check(words) for words in simple_commands(line)]
