"""From an expression of the syntax tree to DuckDB SQL with a type. Only nodes listed here exist."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlglot import exp

from .calls import call, cast
from .columns import column
from .dialect import name_of_clause
from .growth import check_growth
from .literals import quoted
from .operators import arithmetic, between, case, compared, condition, in_, is_, logic, negated, text_pair
from .scope import Scope, Typed
from .types import BIGINT, BOOLEAN, DOUBLE, INTEGER, NULL, VARCHAR

LITERAL_MAX: Final = 10_000
_HINT: Final = "docs/sql.md says what the language has"


def lower(node: Any, scope: Scope) -> Typed:
    """Raises SqlError for a node that is not on the list, for any part of it no rule reads, for types that do not fit."""
    rule = _RULES.get(type(node))
    if rule is None:
        raise scope.error("unsupported_expression", f"{name_of_clause(node)} is not supported here", node, _HINT)
    for name, value in node.args.items():
        if value and name != "negate" and name not in _READ.get(type(node), _OPERANDS):
            message = f"{name_of_clause(name)} is not supported in {name_of_clause(node)}"
            raise scope.error("unsupported_expression", message, node, _HINT)
    typed = rule(node, scope)
    # x NOT LIKE y and x NOTNULL are not a Not around the node but a flag on it
    return Typed(f"(NOT {typed.sql})", typed.type) if node.args.get("negate") else typed


def lower_expression(node: Any, scope: Scope) -> Typed:
    """One output field."""
    typed = scope.lowering_by(lower).lower(node)
    check_growth(node, scope)
    return typed


def lower_condition(node: Any, scope: Scope) -> str:
    """A WHERE condition."""
    sql = condition(node, scope.lowering_by(lower))
    check_growth(node, scope)
    return sql


def _literal(node: exp.Literal, scope: Scope) -> Typed:
    text = node.this
    if node.is_string:
        if len(text) > LITERAL_MAX:
            raise scope.error(
                "too_large", f"a text of more than {LITERAL_MAX} characters", node, "every record would carry it"
            )
        return Typed(quoted(text), VARCHAR)
    try:
        whole = int(text) if text.isdecimal() and text.isascii() else None
        is_number = float(text) < float("inf")
    except ValueError:
        is_number = False
    if not is_number or (whole is not None and whole > 2**63 - 1):
        raise scope.error(
            "number_too_big",
            f"{text[:40]} is no BIGINT and no DOUBLE",
            node,
            "BIGINT ends at 9223372036854775807, DOUBLE at 1.8e308",
        )
    if whole is None:
        return Typed(f"CAST({quoted(text)} AS DOUBLE)", DOUBLE)
    return Typed(str(whole), INTEGER if whole < 2**31 else BIGINT)


_OPERANDS: Final = frozenset({"this", "expression", "typed", "safe"})
_CAST: Final = frozenset({"this", "to", "safe", "_type"})
_READ: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        exp.Column: frozenset({"this", "table", "db", "catalog"}),
        exp.Literal: frozenset({"this", "is_string"}),
        exp.Cast: _CAST,
        exp.TryCast: _CAST,
        exp.Between: frozenset({"this", "low", "high"}),
        exp.In: frozenset({"this", "expressions"}),
        exp.Case: frozenset({"this", "ifs", "default"}),
        exp.Anonymous: frozenset({"this", "expressions"}),
    }
)
"""What the rule of a node reads of it; `_OPERANDS` if not here."""

_RULES: Final[Mapping[type, Callable[[Any, Scope], Typed]]] = MappingProxyType(
    {
        exp.Column: column,
        exp.Literal: _literal,
        exp.Null: lambda node, scope: Typed("NULL", NULL),
        exp.Boolean: lambda node, scope: Typed("TRUE" if node.this else "FALSE", BOOLEAN),
        exp.Paren: lambda node, scope: scope.lower(node.this),
        exp.Not: lambda node, scope: Typed(f"(NOT {condition(node.this, scope)})", BOOLEAN),
        exp.Neg: negated,
        exp.Cast: cast,
        exp.TryCast: cast,
        exp.Is: is_,
        exp.Between: between,
        exp.In: in_,
        exp.Case: case,
        exp.Anonymous: call,
        **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ), compared),
        **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), arithmetic),
        **dict.fromkeys((exp.And, exp.Or), logic),
        **dict.fromkeys((exp.Like, exp.ILike, exp.DPipe), text_pair),
    }
)
