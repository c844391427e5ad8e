"""Is a line that a page tells people to type one that exists? Read by the command line's own parser, never run."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

import typer
from typer.core import TyperGroup

from slackwater.admin import cli
from slackwater.admin.cli.app import app

from .blocks import ROOT

SLACKWATER: Final = frozenset({"slackwater", "sw"})
OTHERS: Final = frozenset(
    {"exit", "source", "export", "mkdir", "cd", "cp", "mv", "cat", "echo", "git", "pip", "python", "tar", "sleep"}
    | {
        "sqlite3",
        "pg_dump",
        "pg_restore",
        "createdb",
        "psql",
        "docker",
        "kubectl",
        "curl",
        "kafka-configs.sh",
        "kafka-acls.sh",
        "kcat",
    }
)
"""Programs that a reader has; what is said to them is not looked at, but for files of ours."""
_JOINTS: Final = frozenset({"&&", "||", "|", ";", "&"})
_TARGET: Final = re.compile(r"^([a-z]+):", re.MULTILINE)
_ASSIGNED: Final = re.compile(r"[A-Z_]+=.*")
_OWN_FILE: Final = re.compile(r"(?:deploy|docs|tests)/[\w./-]+|compose\.yaml")


@cache
def root() -> TyperGroup:
    """The whole command line: each module of it adds its verbs to `app`."""
    for module in iter_modules(cli.__path__):
        import_module(f"{cli.__name__}.{module.name}")
    found = typer.main.get_command(app)
    assert isinstance(found, TyperGroup)
    return found


def simple_commands(line: str) -> Iterator[list[str]]:
    """The words of each program that the line runs, without variables before it and redirections after it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _JOINTS:
            words.append(word)
            continue
        while words and _ASSIGNED.fullmatch(words[0]):
            words.pop(0)
        if words:
            yield words[: next((n for n, one in enumerate(words) if one in {">", ">>", "<"}), len(words))]
        words = []


def check(words: list[str]) -> None:
    """Raises AssertionError or the parser's own error for a command that does not exist."""
    program, arguments = words[0], words[1:]
    if program in SLACKWATER:
        parse(arguments)
    elif program == "make":
        targets = set(_TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
        assert {one for one in arguments if "=" not in one} <= targets, f"make has no {arguments}"
    else:
        assert program in OTHERS, f"what is {program}?"
        missing = [path for one in arguments for path in _OWN_FILE.findall(one) if not (ROOT / path).exists()]
        assert not missing, f"there is no {missing}"


def parse(arguments: list[str]) -> None:
    """As the command line itself would; the verb is not carried out."""
    _descend(root(), "slackwater", arguments, None)


def _descend(command: Any, name: str, arguments: list[str], parent: Any) -> None:
    context = command.make_context(name, list(arguments), parent=parent)
    if isinstance(command, TyperGroup):
        rest = [*getattr(context, "_protected_args", []), *context.args]
        verb, found, left = command.resolve_command(context, rest)
        _descend(found, verb or "", left, context)


def options_of(words: list[str]) -> set[str]:
    """Every spelling of the options of the verb that `words` begin with, and of the root's. Raises KeyError for no verb."""
    command: Any = root()
    parameters = [*command.params]
    for word in words:
        if not isinstance(command, TyperGroup):
            break
        # `window add|list` names both.
        command, *_ = (command.commands[one] for one in word.split("|"))
        parameters += command.params
    return {"--help", "-h"} | {text for one in parameters for text in (*one.opts, *one.secondary_opts)}
