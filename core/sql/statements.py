"""The outer grammar, on sqlglot's tokens: CREATE STREAM, INSERT INTO, SELECT, and the PRIMARY KEY mark inside a SELECT."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from .dialect import Slackwater
from .errors import SqlError, Text
from .plan import Column
from .types import TYPES

STATEMENTS: Final = "CREATE STREAM …, INSERT INTO … SELECT …, or SELECT …"


@dataclass(slots=True)
class Statement:
    """One statement, taken apart; `select` is the part of the text that sqlglot parses, in its place."""

    start: int
    name: str | None = None
    columns: tuple[Column, ...] | None = None
    properties: dict[str, str] = field(default_factory=dict)
    select: str | None = None
    keys: frozenset[int] = frozenset()


def split(text: Text) -> list[Statement]:
    """Every statement of the text. Raises SqlError."""
    try:
        tokens = Slackwater().tokenize(text.text)
    except SqlglotError as error:
        raise SqlError("syntax_error", f"cannot be read: {str(error).splitlines()[0][:120]}") from None
    statements: list[Statement] = []
    part: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            if part:
                statements.append(_Reader(text, part).statement())
            part = []
        else:
            part.append(token)
    if part:
        statements.append(_Reader(text, part).statement())
    return statements


class _Reader:
    def __init__(self, text: Text, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    def statement(self) -> Statement:
        found = Statement(self._tokens[0].start)
        first = self._word()
        if first == "SELECT":
            self._select(found)
        elif first == "INSERT":
            self._next()
            self._expect("INTO")
            found.name = self._name()
            self._select(found)
        elif first == "CREATE":
            self._create(found)
        else:
            raise self._error("unsupported_statement", f"a job has no {first[:30]}", f"statements are {STATEMENTS}")
        return found

    def _create(self, found: Statement) -> None:
        self._next()
        if self._word() != "STREAM":
            raise self._error("unsupported_statement", f"CREATE {self._word()[:30]} is not supported", "CREATE STREAM")
        self._next()
        found.name = self._name()
        if self._word() == "(":
            found.columns = self._columns()
        if self._word() == "WITH":
            found.properties = self._properties()
        if self._word() == "AS":
            self._next()
            self._select(found)
        elif not self._done:
            raise self._error("syntax_error", f"unexpected {self._word()[:30]}", "expected (columns), WITH (…) or AS SELECT")

    def _columns(self) -> tuple[Column, ...]:
        columns: list[Column] = []
        self._next()
        while True:
            name, kind = self._name(), self._word()
            if kind not in TYPES:
                hint = f"types: {', '.join(sorted(set(TYPES.values())))}"
                raise self._error("unknown_type", f"not a type of the language: {kind[:30]}", hint)
            if name in {column.name for column in columns}:
                raise self._error("duplicate_name", f"two columns are named {name}")
            columns.append(Column(name, TYPES[kind]))
            self._next()
            if self._word() == ")":
                self._next()
                return tuple(columns)
            self._expect(",")

    def _properties(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self._next()
        self._expect("(")
        while True:
            key = self._name().lower()
            self._expect("=")
            if self._done or self._tokens[self._at].token_type is not TokenType.STRING:
                raise self._error("syntax_error", f"{key} takes a quoted text", f"{key}='…'")
            if key in found:
                raise self._error("syntax_error", f"{key} is given twice")
            found[key] = self._tokens[self._at].text
            self._next()
            if self._word() == ")":
                self._next()
                return found
            self._expect(",")

    def _select(self, found: Statement) -> None:
        """Keep the rest, blanked up to here so that every place stays true; PRIMARY KEY marks are taken out."""
        if self._word() != "SELECT":
            raise self._error(
                "unsupported_clause", f"SELECT is expected, not {self._word()[:30]}", "VALUES is not supported"
            )
        tokens = self._tokens[self._at :]
        start, end = tokens[0].start, tokens[-1].end + 1
        before = "".join(character if character == "\n" else " " for character in self._text.text[:start])
        body = list(before + self._text.text[start:end])
        keys, depth, position = set(), 0, 0
        for here, after in zip(tokens, [*tokens[1:], None], strict=True):
            depth += {"(": 1, ")": -1}.get(here.text, 0)
            position += depth == 0 and here.token_type is TokenType.COMMA
            if here.token_type is TokenType.UNION:
                position = 0
            if _is_key_mark(here, after):
                keys.add(position)
                stop = after.end if after is not None and here.text.upper() == "PRIMARY" else here.end
                body[here.start : stop + 1] = " " * (stop + 1 - here.start)
        found.select, found.keys = "".join(body), frozenset(keys)

    # One token at a time.

    @property
    def _done(self) -> bool:
        return self._at >= len(self._tokens)

    def _word(self) -> str:
        return "" if self._done else self._tokens[self._at].text.upper()

    def _next(self) -> None:
        self._at += 1

    def _expect(self, word: str) -> None:
        if self._word() != word:
            raise self._error("syntax_error", f"expected {word}, found {self._word()[:30] or 'the end'}")
        self._next()

    def _name(self) -> str:
        if self._done or not (self._word()[:1].isidentifier() or self._tokens[self._at].token_type is TokenType.IDENTIFIER):
            raise self._error("syntax_error", f"a name is expected, found {self._word()[:30] or 'the end'}")
        name = self._tokens[self._at].text
        self._next()
        return name

    def _error(self, code: str, message: str, hint: str | None = None) -> SqlError:
        token = self._tokens[min(self._at, len(self._tokens) - 1)]
        return self._text.error(code, message, token.end + 1 if self._done else token.start, hint)


def _is_key_mark(here: Token, after: Token | None) -> bool:
    if here.token_type is TokenType.PRIMARY_KEY:
        return True
    return here.text.upper() == "PRIMARY" and after is not None and after.text.upper() == "KEY"
