"""What is wrong with a job's text, where, and what to do."""

from typing import Any


class SqlError(Exception):
    """Text that cannot be a job. `code` is from the closed set of docs/sql.md; line and column count from 1."""

    def __init__(self, code: str, message: str, *, line: int = 1, column: int = 1, hint: str | None = None) -> None:
        where = f"line {line}, column {column}: {message}"
        super().__init__(f"{where} ({hint})" if hint else where)
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

    def error(self, code: str, message: str, offset: int, hint: str | None = None) -> SqlError:
        """An error at a character."""
        line, column = self.place(offset)
        return SqlError(code, message, line=line, column=column, hint=hint)

    def error_at(self, code: str, message: str, node: Any, hint: str | None = None) -> SqlError:
        """An error at a node of the syntax tree: the nearest place that the parser remembered."""
        return self.error(code, message, _offset(node), hint)


def _offset(node: Any) -> int:
    while node is not None:
        starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
        if starts:
            return int(min(starts))
        node = node.parent
    return 0
