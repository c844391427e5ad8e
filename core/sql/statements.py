"""The outer grammar, on sqlglot's tokens: CREATE STREAM, INSERT INTO, SELECT, and the PRIMARY KEY mark inside a SELECT."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from .dialect import Slackwater
from .errors import SqlError, Text
from .plan import Column
from .types import TYPES_HINT, type_of

STATEMENTS: Final = "CREATE STREAM …, INSERT INTO … SELECT …, or SELECT …"
READ: Final = "docs/sql.md says what the language has"


@dataclass(slots=True)
class Statement:
    """One statement, taken apart; `select` is the part of the text that sqlglot parses, in its place."""

    start: int
    name: str | None = None
    columns: tuple[Column, ...] | None = None
    properties: dict[str, str] = field(default_factory=dict)
    select: str | None = None
    keys: tuple[frozenset[int], ...] = ()
    """Of each SELECT of a UNION ALL, the positions of the items marked PRIMARY KEY."""


def split(text: Text) -> list[Statement]:
    """Every statement of the text. Raises SqlError."""
    try:
        tokens = Slackwater().tokenize(text.text)
    except SqlglotError as error:
        raise SqlError("syntax_error", f"cannot be read: {str(error)[:120]}", hint="close what was opened") from None
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


_WINDOWS: Final = ("TUMBLING", "HOPPING", "SLIDING", "SESSION")
_STREAMING: Final = MappingProxyType({"EMIT": ("CHANGES", "FINAL"), "WINDOW": _WINDOWS, "GRACE": ("PERIOD",)})
_STREAMING_HINT: Final = "every record's output is written at once; windows come later"
_UNION_HINT: Final = "write UNION ALL: a stream has no end at which to know what is distinct"
_KEY_HINT: Final = "it comes last in an item of a SELECT"
_LATER: Final = MappingProxyType(
    {
        TokenType.HINT: "no hints",
        TokenType.JOIN: "joins come later; one SELECT reads one stream",
        TokenType.GROUP_BY: "aggregates need windows, which come later",
        TokenType.HAVING: "aggregates need windows, which come later",
        TokenType.QUALIFY: "window functions come later",
        TokenType.ORDER_BY: "a stream has no end at which to sort",
        TokenType.INTERSECT: "UNION ALL puts streams together",
        TokenType.EXCEPT: "UNION ALL puts streams together; after * name the columns",
    }
)
_QUOTED: Final = frozenset({TokenType.STRING, TokenType.IDENTIFIER})


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
            name = self._name()
            if name in {column.name for column in columns}:
                self._at -= 1
                raise self._error("duplicate_name", f"two columns are named {name}", "rename one")
            columns.append(Column(name, self._type()))
            if self._word() == ")":
                self._next()
                return tuple(columns)
            self._expect(",")

    def _type(self) -> str:
        begin, name, parameters = self._at, self._word(), []
        self._next()
        if self._word() == "(":
            while self._word() in {"(", ","}:
                self._next()
                parameters.append(int(self._word()) if self._word().isdecimal() else -1)
                self._next()
            self._expect(")")
        kind = type_of(name, parameters)
        if kind is None:
            self._at = begin
            raise self._error("unknown_type", f"not a type of the language: {name[:30]}", TYPES_HINT)
        return kind

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
                raise self._error("syntax_error", f"{key} is given twice", "leave one of them")
            found[key] = self._tokens[self._at].text
            self._next()
            if self._word() == ")":
                self._next()
                return found
            self._expect(",")

    def _select(self, found: Statement) -> None:
        """Keep the rest, blanked up to here so that every place stays true; PRIMARY KEY marks are taken out."""
        if self._word() != "SELECT":
            hint = "no VALUES, no list of columns, no parentheses around SELECT"
            raise self._error("unsupported_clause", f"SELECT is expected, not {self._word()[:30] or 'the end'}", hint)
        tokens = self._tokens[self._at :]
        start, end = tokens[0].start, tokens[-1].end + 1
        before = "".join(character if character == "\n" else " " for character in self._text.text[:start])
        body = list(before + self._text.text[start:end])
        keys: list[set[int]] = [set()]
        depth, position, in_items = 0, 0, True
        for i, here in enumerate(tokens):
            kind, after = here.token_type, tokens[i + 1] if i + 1 < len(tokens) else None
            depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(kind, 0)
            if kind is TokenType.COMMA and depth == 0:
                position += 1
                if in_items and after is not None and after.token_type is TokenType.FROM:
                    raise self._text.error("syntax_error", "a comma before FROM", here.start, "take it out")
            elif kind is TokenType.FROM and depth == 0:
                in_items = False
            elif kind is TokenType.UNION and depth == 0:
                keys.append(set())
                position, in_items = 0, True
            self._refuse_clause(here, after, depth)
            mark = _key_mark(here, after)
            if mark is None:
                continue
            follows = next((token for token in tokens[i:] if token.start > mark.end), None)
            if not in_items or depth or follows is None or follows.token_type not in {TokenType.COMMA, TokenType.FROM}:
                raise self._text.error("bad_key", "PRIMARY KEY is out of place", here.start, _KEY_HINT)
            keys[-1].add(position)
            body[here.start : mark.end + 1] = " " * (mark.end + 1 - here.start)
        found.select, found.keys = "".join(body), tuple(map(frozenset, keys))

    def _refuse_clause(self, here: Token, after: Token | None, depth: int) -> None:
        """Clauses by their first word, where it stands; and what sqlglot would take for an alias, or for a file."""
        if after is None or here.token_type in _QUOTED:
            return
        word = here.text.upper()
        if depth == 0 and (here.token_type in _LATER or (word == "UNION" and after.text.upper() != "ALL")):
            hint = _LATER.get(here.token_type, _UNION_HINT)
            raise self._text.error("unsupported_clause", f"{word} is not supported", here.start, hint)
        if after.text.upper() in _STREAMING.get(word, ()) and after.token_type not in _QUOTED:
            message = f"{word} {after.text.upper()} is not supported"
            raise self._text.error("unsupported_clause", message, here.start, _STREAMING_HINT)
        if here.token_type is TokenType.FROM and after.token_type is TokenType.STRING:
            hint = 'no files; a name in quotes is written "so"'
            raise self._text.error("unsupported_clause", "FROM takes the name of a stream", after.start, hint)

    # One token at a time.

    @property
    def _done(self) -> bool:
        return self._at >= len(self._tokens)

    def _word(self) -> str:
        """The token in upper case; what is in quotes stays in quotes, so that it is never taken for a word."""
        if self._done:
            return ""
        token = self._tokens[self._at]
        return repr(token.text) if token.token_type in _QUOTED else token.text.upper()

    def _next(self) -> None:
        self._at += 1

    def _expect(self, word: str) -> None:
        if self._word() != word:
            raise self._error("syntax_error", f"expected {word}, found {self._word()[:30] or 'the end'}", READ)
        self._next()

    def _name(self) -> str:
        is_quoted = not self._done and self._tokens[self._at].token_type is TokenType.IDENTIFIER
        if self._done or not (is_quoted or self._word()[:1].isidentifier()):
            raise self._error(
                "syntax_error", f"a name is expected, found {self._word()[:30] or 'the end'}", 'write name or "name"'
            )
        name = self._tokens[self._at].text
        self._next()
        return name

    def _error(self, code: str, message: str, hint: str) -> SqlError:
        token = self._tokens[min(self._at, len(self._tokens) - 1)]
        return self._text.error(code, message, token.end + 1 if self._done else token.start, hint)


def _key_mark(here: Token, after: Token | None) -> Token | None:
    """The last token of the mark that begins here, if one does."""
    if here.token_type is TokenType.PRIMARY_KEY:
        return here
    is_mark = here.token_type is not TokenType.STRING and here.text.upper() == "PRIMARY" and after is not None
    return after if is_mark and after is not None and after.text.upper() == "KEY" else None
