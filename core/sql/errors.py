"""What is wrong with a job's text, where, and what to do."""

from typing import Any, Final

_EXCERPT_MAX: Final = 100


class SqlError(Exception):
    """Text that cannot be a job. `code` is from the closed set of docs/sql.md; line and column count from 1.

    `hint` says what to do. As text it is one line, followed by the line of the job it is about with a caret, where that is
    known.
    """

    def __init__(self, code: str, message: str, *, line: int = 1, column: int = 1, hint: str, excerpt: str = "") -> None:
        where = f"line {line}, column {column}: {message}"
        super().__init__(f"{where} ({hint}){excerpt}")
        self.code = code
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


class Text:
    """A job's text, and where in it things are."""

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        before = self.text[: max(offset, 0)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def error(self, code: str, message: str, offset: int, hint: str) -> SqlError:
        """An error at a character."""
        line, column = self.place(offset)
        return SqlError(code, message, line=line, column=column, hint=hint, excerpt=self._excerpt(line, column))

    def error_in_line(self, code: str, message: str, line: int, column: int, hint: str) -> SqlError:
        """An error at a place that a parser gave."""
        return SqlError(code, message, line=line, column=column, hint=hint, excerpt=self._excerpt(line, column))

    def error_at(self, code: str, message: str, node: Any, hint: str) -> SqlError:
        """An error at a node of the syntax tree: the nearest place that the parser remembered."""
        return self.error(code, message, _offset(node), hint)

    def _excerpt(self, line: int, column: int) -> str:
        lines = self.text.split("\n")
        if not 1 <= line <= len(lines) or not lines[line - 1].strip():
            return ""
        begin = max(0, column - _EXCERPT_MAX // 2)
        # One column each, and nothing that a terminal or a database cannot take.
        cut = lines[line - 1][begin : begin + _EXCERPT_MAX].rstrip("\r")
        shown = "".join(character if character.isprintable() else " " for character in cut)
        return f"\n  {shown}\n  {' ' * (column - 1 - begin)}^"


def _offset(node: Any) -> int:
    while node is not None:
        starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
        if starts:
            return int(min(starts))
        node = node.parent
    return 0
