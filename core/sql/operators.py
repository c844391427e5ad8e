"""Operators, conditions and CASE: each rule takes a node of the syntax tree and gives DuckDB SQL with a type."""

from types import MappingProxyType
from typing import Any, Final

from sqlglot import exp

from .scope import Scope, Typed
from .types import (
    BOOLEAN,
    DECIMAL_DIGITS_MAX,
    DOUBLE,
    NULL,
    VARCHAR,
    common,
    decimal_of,
    decimals,
    fits,
    is_number,
    wide_decimal,
)

OPERATORS: Final = MappingProxyType(
    {
        exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
        exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
        exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
        exp.Like: "LIKE", exp.ILike: "ILIKE", exp.DPipe: "||",
    }
)  # fmt: skip

_MAY_FAIL: Final = (exp.Cast, exp.Anonymous, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg)


def need_common(node: Any, scope: Scope, *sides: Typed) -> str:
    """The type all sides have in common. Raises SqlError if they have none."""
    found = sides[0].type
    for side in sides[1:]:
        both = common(found, side.type)
        if both is None:
            hint = f"CAST one of them, for example CAST(… AS {found})"
            raise scope.error("type_mismatch", f"{found} and {side.type} do not go together", node, hint)
        found = both
    return found


def condition(node: Any, scope: Scope) -> str:
    """SQL that is true, false or NULL. Raises SqlError for anything else: a number is no condition."""
    typed = scope.lower(node)
    if not fits(typed.type, "boolean"):
        raise scope.error("type_mismatch", f"a condition is needed, this is {typed.type}", node, "compare it with something")
    return typed.sql


def compared(node: exp.Binary, scope: Scope) -> Typed:
    """`=`, `<>`, `<` and the like, IS DISTINCT FROM."""
    left, right = scope.lower(node.this), scope.lower(node.expression)
    need_common(node, scope, left, right)
    return Typed(f"({left.finite} {OPERATORS[type(node)]} {right.finite})", BOOLEAN)


def arithmetic(node: exp.Binary, scope: Scope) -> Typed:
    """`+ - * / %`: `/` is always DOUBLE; DECIMALs stay exact but for `/`."""
    left, right = (_number(side, scope) for side in (node.this, node.expression))
    kind = DOUBLE if isinstance(node, exp.Div) else need_common(node, scope, left, right)
    divisor = _divisor(node, scope, right) if isinstance(node, exp.Div | exp.Mod) else right.sql
    sql = f"({left.sql} {OPERATORS[type(node)]} {divisor})"
    if decimal_of(kind) is None:
        return Typed(sql, kind)
    scale = decimals(left.type) + decimals(right.type) if isinstance(node, exp.Mul) else decimals(kind)
    if scale > DECIMAL_DIGITS_MAX:
        raise scope.error("type_mismatch", f"the product has {scale} decimals", node, "CAST one side to fewer decimals")
    return Typed(f"CAST({sql} AS {wide_decimal(scale)})", wide_decimal(scale))


def negated(node: exp.Neg, scope: Scope) -> Typed:
    """`-x`"""
    value = _number(node.this, scope)
    return Typed(f"(-{value.sql})", value.type)


def _number(node: Any, scope: Scope) -> Typed:
    typed = scope.lower(node)
    if not is_number(typed.type) and typed.type != NULL:
        raise scope.error("type_mismatch", f"{typed.type} cannot be computed with", node, "CAST it to a number")
    return typed


def _divisor(node: exp.Binary, scope: Scope, right: Typed) -> str:
    """Dividing by zero is an error of the record, not a silent infinity: the guard's CAST fails where it would."""
    if isinstance(node.expression, exp.Literal):
        if float(node.expression.this) == 0:
            raise scope.error("division_by_zero", "this divides by zero for every record", node, "divide by another number")
        return right.sql
    return f"CASE WHEN {right.finite} = 0 THEN CAST('division by zero' || {right.sql} AS BIGINT) ELSE {right.sql} END"


def logic(node: exp.Connector, scope: Scope) -> Typed:
    """AND, OR: left to right, stopping where the outcome is known. DuckDB alone would compute every side, in any order."""
    nodes = list(node.flatten(unnest=False))
    sides = [condition(side, scope) for side in nodes]
    word, outcome = ("AND", "FALSE") if isinstance(node, exp.And) else ("OR", "TRUE")
    joined = f"({f' {word} '.join(sides)})"
    if not any(side.find(*_MAY_FAIL) for side in nodes[1:]):
        return Typed(joined, BOOLEAN)
    whens = " ".join(f"WHEN ({side}) IS {outcome} THEN {outcome}" for side in sides[:-1])
    return Typed(f"CASE {whens} ELSE {joined} END", BOOLEAN)


def is_(node: exp.Is, scope: Scope) -> Typed:
    """IS NULL, IS TRUE, IS FALSE."""
    left = scope.lower(node.this)
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise scope.error("unsupported_expression", "IS takes NULL, TRUE or FALSE", node, "compare with =")
    if isinstance(node.expression, exp.Boolean):
        condition(node.this, scope)
    return Typed(f"({left.sql} IS {scope.lower(node.expression).sql})", BOOLEAN)


def between(node: exp.Between, scope: Scope) -> Typed:
    """x BETWEEN low AND high."""
    value, low, high = sides = [scope.lower(node.args[name]) for name in ("this", "low", "high")]
    need_common(node, scope, *sides)
    return Typed(f"({value.finite} BETWEEN {low.finite} AND {high.finite})", BOOLEAN)


def in_(node: exp.In, scope: Scope) -> Typed:
    """x IN (list)."""
    if not node.expressions:
        raise scope.error("unsupported_expression", "IN takes a list of values", node, "write IN (1, 2)")
    value, *items = sides = [scope.lower(item) for item in (node.this, *node.expressions)]
    need_common(node, scope, *sides)
    return Typed(f"({value.finite} IN ({', '.join(item.finite for item in items)}))", BOOLEAN)


def text_pair(node: exp.Binary, scope: Scope) -> Typed:
    """LIKE, ILIKE, `||`."""
    sides = [scope.lower(side) for side in (node.this, node.expression)]
    for side, part in zip(sides, (node.this, node.expression), strict=True):
        if not fits(side.type, "text"):
            raise scope.error("type_mismatch", f"text is needed, this is {side.type}", part, "CAST(… AS VARCHAR)")
    kind = VARCHAR if isinstance(node, exp.DPipe) else BOOLEAN
    return Typed(f"({sides[0].sql} {OPERATORS[type(node)]} {sides[1].sql})", kind)


def case(node: exp.Case, scope: Scope) -> Typed:
    """CASE in both forms. A branch is computed only for the records that take it."""
    subject = scope.lower(node.this) if node.this else None
    parts, results = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            # coalesce keeps DuckDB from evaluating an AND in an order of its own choice
            when = f"coalesce({condition(branch.this, scope)}, false)"
        else:
            value = scope.lower(branch.this)
            need_common(branch, scope, subject, value)
            when = value.finite
        results.append(scope.lower(branch.args["true"]))
        parts.append(f"WHEN {when} THEN {results[-1].sql}")
    if node.args.get("default") is not None:
        results.append(scope.lower(node.args["default"]))
        parts.append(f"ELSE {results[-1].sql}")
    kind = need_common(node, scope, *results)
    return Typed(f"CASE {subject.finite + ' ' if subject else ''}{' '.join(parts)} END", kind)
