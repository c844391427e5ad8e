"""Function calls and casts. Which functions exist is functions.py's to say."""

from difflib import get_close_matches
from typing import Any, Final

from sqlglot import exp

from .columns import check_qualifier, volatile
from .dialect import hint_of_clause
from .functions import AGGREGATES, ALIASES, FUNCTIONS, GROWTH_MAX, VOLATILE, Function
from .operators import need_common
from .plan import PLACES, Column
from .scope import Scope, Typed
from .types import BOOLEAN, DOUBLE, NULL, TIMESTAMP, TYPES_HINT, VARCHAR, fits, is_number, type_of

_ZONE: Final = "':.*[+-][0-9]'"
"""A time of day with an offset after it: DuckDB would leave the offset out."""


def cast(node: exp.Cast, scope: Scope) -> Typed:
    """CAST, TRY_CAST, `x::type`. Over a column of an undeclared stream it says what type the field has."""
    kind = _type_name(node.to, scope)
    inner, lenient = node.this, isinstance(node, exp.TryCast)
    if isinstance(inner, exp.Column) and scope.source.columns is None and not _is_place(inner):
        check_qualifier(inner, scope)
        return scope.use(Column(inner.name, kind, lenient=lenient))
    return _cast_value(node, scope, scope.lower(inner), kind, lenient)


def _is_place(node: exp.Column) -> bool:
    return not node.this.args.get("quoted") and node.name.lower() in PLACES


def _cast_value(node: exp.Cast, scope: Scope, value: Typed, kind: str, lenient: bool) -> Typed:
    if (value.type == BOOLEAN and is_number(kind)) or (kind == BOOLEAN and is_number(value.type)):
        hint = "write it out: x <> 0, or CASE WHEN x THEN 1 ELSE 0 END"
        raise scope.error("type_mismatch", f"{value.type} cannot be cast to {kind}", node, hint)
    word, sql = ("TRY_CAST", value.sql) if lenient else ("CAST", value.finite)
    if value.type == VARCHAR and kind == TIMESTAMP:
        other = "NULL" if lenient else f"CAST('a time zone: ' || {sql} AS TIMESTAMP)"
        return Typed(f"CASE WHEN regexp_matches({sql}, {_ZONE}) THEN {other} ELSE {word}({sql} AS TIMESTAMP) END", kind)
    if lenient and kind == DOUBLE:
        return Typed(f"CASE WHEN isfinite(TRY_CAST({sql} AS DOUBLE)) THEN TRY_CAST({sql} AS DOUBLE) END", kind)
    return Typed(f"{word}({sql} AS {kind})", kind)


def _type_name(node: exp.DataType, scope: Scope) -> str:
    name = node.this.name if hasattr(node.this, "name") else str(node.this)
    parameters = [param.this.this for param in node.expressions if isinstance(param, exp.DataTypeParam)]
    is_plain = len(parameters) == len(node.expressions) and all(str(each).isdecimal() for each in parameters)
    kind = type_of(name, [int(each) for each in parameters]) if is_plain else None
    if kind is None:
        spelt = node.args.get("kind") or name
        raise scope.error("unknown_type", f"not a type of the language: {str(spelt)[:40]}", node, TYPES_HINT)
    return kind


def call(node: exp.Anonymous, scope: Scope) -> Typed:
    """A function of the list, its arguments checked and its result cast to what the list says."""
    name = str(node.this).lower()
    name = ALIASES.get(name, name)
    if name in VOLATILE:
        kind = VOLATILE[name]
        if not scope.deterministic and kind is not None and not node.expressions:
            return scope.use(Column(f"{name}()", kind, place=True))
        raise volatile(name, node, scope)
    if name in AGGREGATES:
        raise scope.error("unsupported_clause", f"{name}() is not supported", node, hint_of_clause("group"))
    function = FUNCTIONS.get(name)
    if function is None:
        near = get_close_matches(name, FUNCTIONS, 1)
        hint = f"did you mean {near[0]}?" if near else "docs/sql.md lists the functions"
        raise scope.error("unknown_function", f"no function {name[:60]}", node, hint)
    arguments = [scope.lower(argument) for argument in node.expressions]
    _check_arguments(node, scope, name, function, arguments)
    _check_growth(node, scope, name)
    common = need_common(node, scope, *arguments) if function.result in {"common", "alike"} else ""
    result = {"common": common, "alike": arguments[0].type, "first": arguments[0].type}.get(function.result, function.result)
    sql = f"{function.duckdb or name}({', '.join(argument.finite for argument in arguments)})"
    return Typed(f"CAST({sql} AS {result})" if result != NULL else sql, result)


def _check_arguments(node: Any, scope: Scope, name: str, function: Function, arguments: list[Typed]) -> None:
    params = list(function.params)
    least = len(params) - function.optional
    if function.repeats:
        params += params[-1:] * (len(arguments) - len(params))
    if not least <= len(arguments) <= len(params):
        raise scope.error(
            "wrong_arguments", f"{name} takes {', '.join(function.params)}", node, "docs/sql.md lists the functions"
        )
    for param, argument, part in zip(params, arguments, node.expressions, strict=False):
        if not fits(argument.type, param):
            raise scope.error("type_mismatch", f"{name} takes {param}, this is {argument.type}", part, "CAST it")


def _check_growth(node: exp.Anonymous, scope: Scope, name: str) -> None:
    growth = 1
    for inner in node.find_all(exp.Anonymous):
        function = FUNCTIONS.get(str(inner.this).lower())
        if function is None or function.grows is None or len(inner.expressions) <= function.grows:
            continue
        by = inner.expressions[function.grows]
        if not isinstance(by, exp.Literal):
            raise scope.error("wrong_arguments", f"{name} replaces by a literal only", by, "write the text itself")
        growth *= max(1, len(by.this))
    if growth > GROWTH_MAX:
        message = f"{name} could make a text more than {GROWTH_MAX} times as long"
        raise scope.error("wrong_arguments", message, node, "use a shorter replacement")
