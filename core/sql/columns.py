"""Columns: of a declared stream by name, of an undeclared one by CAST, and the pseudo-columns."""

from difflib import get_close_matches
from typing import Any

from sqlglot import exp

from .errors import SqlError
from .functions import VOLATILE
from .plan import PLACES, Column
from .scope import Scope, Typed


def column(node: exp.Column, scope: Scope) -> Typed:
    """The column `cn`. Raises SqlError for one that is not declared."""
    check_qualifier(node, scope)
    name, columns = node.name, scope.source.columns
    is_quoted = bool(node.this.args.get("quoted"))
    for known in columns or ():
        if known.name == name or (not is_quoted and known.name.lower() == name.lower()):
            return scope.use(known)
    if not is_quoted and name.lower() in PLACES:
        return scope.use(Column(name.lower(), PLACES[name.lower()], place=True))
    if not is_quoted and not node.table and name.lower() in VOLATILE:
        raise volatile(name.lower(), node, scope)
    if columns is None:
        hint = f"CAST({name} AS DOUBLE), or declare it: CREATE STREAM {scope.source.name} ({name} DOUBLE, …) WITH (…)"
        raise scope.error("undeclared_column", f"{name} has no type: {scope.source.name} is not declared", node, hint)
    near = get_close_matches(name, [known.name for known in columns], 1)
    hint = f"did you mean {near[0]}?" if near else f"{scope.source.name} has {', '.join(c.name for c in columns)[:300]}"
    raise scope.error("unknown_column", f"no column {name} in {scope.source.name}", node, hint)


def check_qualifier(node: exp.Column, scope: Scope) -> None:
    """Raises SqlError if what stands before the dot is not what the SELECT reads."""
    if node.args.get("db") or node.args.get("catalog"):
        raise scope.error("unsupported_expression", "a column has at most one qualifier", node, "write stream.column")
    if not isinstance(node.this, exp.Identifier):
        raise scope.error("unsupported_expression", "not a column", node, "write the name of one column")
    if node.table and node.table.lower() not in scope.names:
        hint = f"it reads {scope.source.name}"
        raise scope.error("unknown_stream", f"{node.table} is not what this SELECT reads", node, hint)


def volatile(name: str, node: Any, scope: Scope) -> SqlError:
    """The refusal of something that is not the same twice."""
    hint = "take a time from the record; @deterministic: false is for jobs that may differ from run to run"
    return scope.error("volatile_function", f"{name} gives another value each time", node, hint)
