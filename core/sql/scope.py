"""What an expression is lowered in: the stream it reads, the columns used so far, how deep it is nested."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from .errors import SqlError, Text
from .plan import Column, Source
from .types import DOUBLE

NESTING_MAX: Final = 100
RENDERED_MAX: Final = 1_000_000


class Typed(NamedTuple):
    """DuckDB SQL and the type of what it gives."""

    sql: str
    type: str

    @property
    def finite(self) -> str:
        """The value; an error of the record where it is NaN or infinite: that is no JSON, and NaN > 1 would be true."""
        sql = self.sql
        if self.type != DOUBLE or sql.isalnum():
            return sql
        return f"CASE WHEN isfinite({sql}) OR ({sql}) IS NULL THEN {sql} ELSE CAST('not finite: ' || ({sql}) AS BIGINT) END"


class Scope:
    """The columns one SELECT may use, and those it did use. `names` are what may stand before the dot, in lower case."""

    def __init__(self, text: Text, source: Source, names: set[str], deterministic: bool) -> None:
        self.text = text
        self.source = source
        self.names = names
        self.deterministic = deterministic
        self.used: list[Column] = []
        self._rule: Callable[[Any, Scope], Typed] | None = None
        self._depth = 0

    def lowering_by(self, rule: Callable[[Any, "Scope"], Typed]) -> "Scope":
        """The scope, with the rule for nodes that each node's rule hands its parts to."""
        self._rule = rule
        return self

    def use(self, column: Column) -> Typed:
        """The column as `cn`."""
        if column not in self.used:
            self.used.append(column)
        return Typed(f"c{self.used.index(column)}", column.type)

    def used_by(self, typed: Typed) -> Column:
        """The column that `use` gave this for."""
        return self.used[int(typed.sql[1:])]

    def lower(self, node: Any) -> Typed:
        """The node by its rule. Raises SqlError, also for what is nested too deeply or grows too large."""
        assert self._rule is not None
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise self.error("too_deep", f"an expression nested deeper than {NESTING_MAX}", node, "take it apart")
        typed = self._rule(node, self)
        self._depth -= 1
        if len(typed.sql) > RENDERED_MAX:
            raise self.error("too_large", "an expression that is too large", node, "take it apart")
        return typed

    def error(self, code: str, message: str, node: Any, hint: str) -> SqlError:
        """An error at the node."""
        return self.text.error_at(code, message, node, hint)
