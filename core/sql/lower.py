"""From an expression of the syntax tree to DuckDB SQL with a type. Only nodes listed here exist."""

from collections.abc import Callable
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlglot import exp

from .errors import SqlError, Text
from .functions import AGGREGATES, ALIASES, FUNCTIONS, VOLATILE, Function
from .plan import Column, Source
from .types import BIGINT, BOOLEAN, DOUBLE, INTEGER, KINDS, NULL, TYPES, VARCHAR, common, is_number


class Typed(NamedTuple):
    """DuckDB SQL and the type of what it gives."""

    sql: str
    type: str


class Scope:
    """The columns one SELECT may use, and those it did use."""

    def __init__(self, text: Text, source: Source, names: set[str], deterministic: bool) -> None:
        self.text = text
        self.source = source
        self.names = names
        self.deterministic = deterministic
        self.used: list[Column] = []

    def use(self, column: Column) -> Typed:
        """The column as `cn`."""
        if column not in self.used:
            self.used.append(column)
        return Typed(f"c{self.used.index(column)}", column.type)

    def error(self, code: str, message: str, node: Any, hint: str | None = None) -> SqlError:
        """An error at the node."""
        return self.text.error_at(code, message, node, hint)


def lower(node: Any, scope: Scope) -> Typed:
    """Raises SqlError for anything that is not on the list, or whose types do not fit."""
    rule = _RULES.get(type(node))
    if rule is None:
        what = node.sql()[:60] if isinstance(node, exp.Expression) else str(node)
        hint = "see docs/sql.md for what the language has"
        raise scope.error("unsupported_expression", f"not supported: {what}", node, hint)
    return rule(node, scope)


def quoted(value: str) -> str:
    """A DuckDB text literal."""
    return "'" + value.replace("'", "''") + "'"


def _column(node: exp.Column, scope: Scope) -> Typed:
    _check_qualifier(node, scope)
    name = node.name
    columns = scope.source.columns
    if columns is None:
        hint = f"CAST({name} AS DOUBLE), or declare it: CREATE STREAM {scope.source.name} ({name} DOUBLE, …) WITH (…)"
        raise scope.error("undeclared_column", f"{name} has no type: {scope.source.name} is not declared", node, hint)
    return scope.use(_declared(node, scope, columns))


def _declared(node: exp.Column, scope: Scope, columns: tuple[Column, ...]) -> Column:
    name, is_quoted = node.name, bool(node.this.args.get("quoted"))
    for column in columns:
        if column.name == name or (not is_quoted and column.name.lower() == name.lower()):
            return column
    near = get_close_matches(name, [column.name for column in columns], 1)
    hint = f"did you mean {near[0]}?" if near else f"{scope.source.name} has {', '.join(c.name for c in columns)}"
    raise scope.error("unknown_column", f"no column {name} in {scope.source.name}", node, hint)


def _check_qualifier(node: exp.Column, scope: Scope) -> None:
    if node.table and node.table not in scope.names:
        raise scope.error(
            "unknown_stream", f"{node.table} is not what this SELECT reads", node, f"it reads {scope.source.name}"
        )
    if node.args.get("db") or node.args.get("catalog"):
        raise scope.error("unsupported_expression", "a column has at most one qualifier", node)


def _literal(node: exp.Literal, scope: Scope) -> Typed:
    text = node.this
    if node.is_string:
        return Typed(quoted(text), VARCHAR)
    if text.isdigit():
        if int(text) > 2**63 - 1:
            raise scope.error("number_too_big", f"{text} does not fit in BIGINT", node)
        return Typed(text, INTEGER if int(text) < 2**31 else BIGINT)
    return Typed(f"CAST({quoted(text)} AS DOUBLE)", DOUBLE)


def _cast(node: exp.Cast, scope: Scope) -> Typed:
    kind = _type_name(node.to, scope)
    inner = node.this
    if any(node.args.get(name) for name in ("format", "default")):
        raise scope.error("unsupported_clause", "CAST takes a type only", node)
    if isinstance(inner, exp.Column) and scope.source.columns is None:
        _check_qualifier(inner, scope)
        return scope.use(Column(inner.name, kind))
    word = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
    return Typed(f"{word}({lower(inner, scope).sql} AS {kind})", kind)


def _type_name(node: exp.DataType, scope: Scope) -> str:
    name = node.this.name if hasattr(node.this, "name") else str(node.this)
    if name not in TYPES or node.expressions:
        hint = f"types: {', '.join(sorted(set(TYPES.values())))}"
        raise scope.error("unknown_type", f"not a type of the language: {node.sql()}", node, hint)
    return TYPES[name]


def _compared(node: exp.Binary, scope: Scope) -> Typed:
    left, right = lower(node.this, scope), lower(node.expression, scope)
    _need_common(node, scope, left, right)
    return Typed(f"({left.sql} {_OPERATORS[type(node)]} {right.sql})", BOOLEAN)


def _need_common(node: Any, scope: Scope, *sides: Typed) -> str:
    found = sides[0].type
    for side in sides[1:]:
        both = common(found, side.type)
        if both is None:
            hint = f"CAST one of them, for example CAST(… AS {found})"
            raise scope.error("type_mismatch", f"{found} and {side.type} do not go together", node, hint)
        found = both
    return found


def _arithmetic(node: exp.Binary, scope: Scope) -> Typed:
    left, right = lower(node.this, scope), lower(node.expression, scope)
    for side in (left, right):
        if not is_number(side.type) and side.type != NULL:
            raise scope.error("type_mismatch", f"{side.type} cannot be computed with", node, "CAST it to a number")
    kind = DOUBLE if isinstance(node, exp.Div) else _need_common(node, scope, left, right)
    divisor = _divisor(node, scope, right, kind) if isinstance(node, exp.Div | exp.Mod) else right.sql
    return Typed(f"({left.sql} {_OPERATORS[type(node)]} {divisor})", kind)


def _divisor(node: exp.Binary, scope: Scope, right: Typed, kind: str) -> str:
    """Dividing by zero is an error of the record, not a silent infinity: the guard's CAST fails where it would."""
    if isinstance(node.expression, exp.Literal):
        if float(node.expression.this) == 0:
            raise scope.error("division_by_zero", "this divides by zero for every record", node)
        return right.sql
    return f"CASE WHEN {right.sql} = 0 THEN CAST('division by zero' || {right.sql} AS {kind}) ELSE {right.sql} END"


def _logic(node: exp.Binary, scope: Scope) -> Typed:
    sides = [_boolean(side, scope) for side in (node.this, node.expression)]
    return Typed(f"({sides[0]} {_OPERATORS[type(node)]} {sides[1]})", BOOLEAN)


def _boolean(node: Any, scope: Scope) -> str:
    typed = lower(node, scope)
    if typed.type not in KINDS["boolean"]:
        raise scope.error("type_mismatch", f"a condition is needed, this is {typed.type}", node, "compare it with something")
    return typed.sql


def _is(node: exp.Is, scope: Scope) -> Typed:
    left = lower(node.this, scope)
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise scope.error("unsupported_expression", "IS takes NULL, TRUE or FALSE", node)
    return Typed(f"({left.sql} IS {node.expression.sql()})", BOOLEAN)


def _between(node: exp.Between, scope: Scope) -> Typed:
    if node.args.get("symmetric"):
        raise scope.error("unsupported_clause", "BETWEEN SYMMETRIC is not supported", node)
    value, low, high = (lower(node.args[name], scope) for name in ("this", "low", "high"))
    _need_common(node, scope, value, low, high)
    return Typed(f"({value.sql} BETWEEN {low.sql} AND {high.sql})", BOOLEAN)


def _in(node: exp.In, scope: Scope) -> Typed:
    if node.args.get("query") or node.args.get("unnest") or node.args.get("field") or not node.expressions:
        raise scope.error("unsupported_expression", "IN takes a list of values", node)
    value, *items = (lower(item, scope) for item in (node.this, *node.expressions))
    _need_common(node, scope, value, *items)
    return Typed(f"({value.sql} IN ({', '.join(item.sql for item in items)}))", BOOLEAN)


def _text_pair(node: exp.Binary, scope: Scope) -> Typed:
    sides = [lower(side, scope) for side in (node.this, node.expression)]
    for side in sides:
        if side.type not in KINDS["text"]:
            raise scope.error("type_mismatch", f"text is needed, this is {side.type}", node, "CAST(… AS VARCHAR)")
    kind = VARCHAR if isinstance(node, exp.DPipe) else BOOLEAN
    return Typed(f"({sides[0].sql} {_OPERATORS[type(node)]} {sides[1].sql})", kind)


def _case(node: exp.Case, scope: Scope) -> Typed:
    subject = lower(node.this, scope) if node.this else None
    parts, results = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            condition = _boolean(branch.this, scope)
        else:
            when = lower(branch.this, scope)
            _need_common(branch, scope, subject, when)
            condition = when.sql
        result = lower(branch.args["true"], scope)
        results.append(result)
        parts.append(f"WHEN {condition} THEN {result.sql}")
    if node.args.get("default") is not None:
        results.append(lower(node.args["default"], scope))
        parts.append(f"ELSE {results[-1].sql}")
    kind = _need_common(node, scope, *results)
    return Typed(f"CASE {subject.sql + ' ' if subject else ''}{' '.join(parts)} END", kind)


def _call(node: exp.Anonymous, scope: Scope) -> Typed:
    name = str(node.this).lower()
    name = ALIASES.get(name, name)
    if name in VOLATILE:
        rendering = VOLATILE[name]
        if not scope.deterministic and rendering is not None and not node.expressions:
            return Typed(*rendering)
        hint = "take a time from the record; @deterministic: false is for jobs that may differ from run to run"
        raise scope.error("volatile_function", f"{name}() gives another value each time", node, hint)
    if name in AGGREGATES:
        raise scope.error("unsupported_clause", f"{name}() needs GROUP BY and windows, which come later", node)
    function = FUNCTIONS.get(name)
    if function is None:
        near = get_close_matches(name, FUNCTIONS, 1)
        hint = f"did you mean {near[0]}?" if near else "docs/sql.md lists the functions"
        raise scope.error("unknown_function", f"no function {name}", node, hint)
    arguments = [lower(argument, scope) for argument in node.expressions]
    _check_arguments(node, scope, name, function, arguments)
    results = {"common": lambda: _need_common(node, scope, *arguments), "first": lambda: arguments[0].type}
    kind = results[function.result]() if function.result in results else function.result
    call = f"{function.duckdb or name}({', '.join(argument.sql for argument in arguments)})"
    return Typed(f"CAST({call} AS {kind})" if kind != NULL else call, kind)


def _check_arguments(node: Any, scope: Scope, name: str, function: Function, arguments: list[Typed]) -> None:
    params = list(function.params)
    least = len(params) - function.optional
    if function.repeats:
        params += params[-1:] * (len(arguments) - len(params))
    if not least <= len(arguments) <= len(params):
        raise scope.error("wrong_arguments", f"{name} takes {', '.join(function.params)}", node)
    for param, argument in zip(params, arguments, strict=False):
        if argument.type not in KINDS[param]:
            raise scope.error("type_mismatch", f"{name} takes {param}, this is {argument.type}", node, "CAST it")


_OPERATORS: Final = MappingProxyType(
    {
        exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
        exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
        exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.And: "AND", exp.Or: "OR",
        exp.Like: "LIKE", exp.ILike: "ILIKE", exp.DPipe: "||",
    }
)  # fmt: skip

_RULES: Final[dict[type, Callable[[Any, Scope], Typed]]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Null: lambda node, scope: Typed("NULL", NULL),
    exp.Boolean: lambda node, scope: Typed(node.sql(), BOOLEAN),
    exp.Paren: lambda node, scope: lower(node.this, scope),
    exp.Not: lambda node, scope: Typed(f"(NOT {_boolean(node.this, scope)})", BOOLEAN),
    exp.Neg: lambda node, scope: Typed(f"(-{lower(node.this, scope).sql})", lower(node.this, scope).type),
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Case: _case,
    exp.Anonymous: _call,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ), _compared),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    **dict.fromkeys((exp.And, exp.Or), _logic),
    **dict.fromkeys((exp.Like, exp.ILike, exp.DPipe), _text_pair),
}


def lower_condition(node: Any, scope: Scope) -> str:
    """A WHERE condition."""
    return _boolean(node, scope)
