"""From one SELECT to a pipeline. Every clause that is set and not listed here is refused."""

from typing import Any, Final

from sqlglot import exp

from .dialect import hint_of_clause, name_of_clause
from .errors import Text
from .lower import lower_condition, lower_expression
from .plan import Output, Pipeline, Projection, Source
from .scope import Scope, Typed
from .types import NULL, VARCHAR

FIELDS_MAX: Final = 1000
_NO_ALIASES: Final = frozenset(
    {
        *("EMIT", "CHANGES", "WITHIN", "WINDOW", "GRACE", "RETENTION", "TUMBLING", "HOPPING", "SLIDING", "SESSION"),
        *("FINAL", "ONLY", "PARTITION", "SAMPLE", "WATERMARK", "ASOF", "PRIMARY", "KEY", "INTO", "REASON", "HOLD"),
    }
)
"""Words that a parser takes for an alias when they were meant as a clause."""


def lower_select(
    text: Text,
    node: exp.Select,
    sources: dict[str, Source],
    output: Output,
    keys: frozenset[int],
    key_name: str | None,
    deterministic: bool,
) -> Pipeline:
    """`keys` are the positions of items marked PRIMARY KEY, `key_name` an output field that is the key. Raises SqlError."""
    _refuse_other_clauses(text, node)
    source, names = _source(text, node, sources)
    scope = Scope(text, source, names, deterministic)
    select, projected = _items(text, node, scope)
    where = node.args.get("where")
    condition = lower_condition(where.this, scope) if where is not None else None
    key = _key(text, node, projected, keys, key_name)
    return Pipeline(source, output, tuple(scope.used), select, condition, key)


def _refuse_other_clauses(text: Text, node: exp.Select) -> None:
    for name, value in node.args.items():
        if name in {"expressions", "from_", "where"} or not value:
            continue
        at = value[0] if isinstance(value, list) else value
        at = at if isinstance(at, exp.Expression) else node
        raise text.error_at("unsupported_clause", f"{name_of_clause(name)} is not supported", at, hint_of_clause(name))


def _source(text: Text, node: exp.Select, sources: dict[str, Source]) -> tuple[Source, set[str]]:
    clause = node.args.get("from_")
    table = clause.this if clause is not None else None
    if table is None:
        raise text.error_at("no_source", "a job's SELECT reads a stream", node, "add FROM stream")
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        raise text.error_at(
            "unsupported_clause", "FROM takes the name of a stream", table, "no subqueries, no table functions"
        )
    for name, value in table.args.items():
        if name not in {"this", "alias"} and value:
            raise text.error_at(
                "unsupported_clause", f"{name_of_clause(name)} is not supported in FROM", table, hint_of_clause(name)
            )
    alias = table.args.get("alias")
    if alias is not None and (alias.args.get("columns") or _is_clause(alias.this)):
        raise text.error_at("unsupported_clause", f"{alias.name.upper()} is not supported", alias, "see docs/sql.md")
    if _is_clause(table.this):
        raise text.error_at(
            "unsupported_clause", f"{table.name.upper()} is not supported", table, "quote it if it is a name"
        )
    source = _named(table.this, sources)
    return source, {table.name.lower(), alias.name.lower()} if alias is not None else {table.name.lower()}


def _is_clause(name: Any) -> bool:
    """Not a plain name, or an unquoted one that reads like a clause."""
    return not isinstance(name, exp.Identifier) or (not name.args.get("quoted") and name.name.upper() in _NO_ALIASES)


def _named(name: exp.Identifier, sources: dict[str, Source]) -> Source:
    for known, source in sources.items():
        if known == name.name or (not name.args.get("quoted") and known.lower() == name.name.lower()):
            return source
    return Source(name.name, name.name)


def _items(text: Text, node: exp.Select, scope: Scope) -> tuple[tuple[Projection, ...] | None, dict[str, Typed]]:
    items = node.expressions
    if not items:
        raise text.error_at("syntax_error", "SELECT what?", node, "name the fields, or write *")
    if len(items) > FIELDS_MAX:
        raise text.error_at("too_large", f"more than {FIELDS_MAX} fields", items[FIELDS_MAX], "make it several jobs")
    if len(items) == 1 and isinstance(items[0], exp.Star):
        if any(items[0].args.values()):
            raise text.error_at(
                "unsupported_clause", "SELECT * takes no EXCEPT, REPLACE or RENAME", items[0], "name the columns"
            )
        if scope.source.columns is None:
            return None, {}
        found = {column.name: scope.use(column) for column in scope.source.columns}
    else:
        found = _named_items(text, items, scope)
    return tuple(Projection(name, typed.finite, typed.type) for name, typed in found.items()), found


def _named_items(text: Text, items: list[Any], scope: Scope) -> dict[str, Typed]:
    found: dict[str, Typed] = {}
    for item in items:
        inner = item.this if isinstance(item, exp.Alias) else item
        if isinstance(inner, exp.Star) or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
            raise text.error_at("unsupported_clause", "* stands alone", item, "name the columns")
        if isinstance(item, exp.Alias) and _is_clause(item.args["alias"]):
            hint = "write AS and a name; quote it if the name is a word of the language"
            raise text.error_at("unsupported_clause", f"{item.sql()[:40]} cannot be read", item.args["alias"], hint)
        name = item.alias or (inner.name if isinstance(inner, exp.Column) else "")
        if isinstance(inner, exp.Cast) and not name and isinstance(inner.this, exp.Column):
            name = inner.this.name
        if not name:
            raise text.error_at("no_name", f"the output field of {item.sql()[:40]} has no name", item, "add AS name")
        typed = lower_expression(inner, scope)
        if isinstance(inner, exp.Column) and not item.alias:
            name = scope.used_by(typed).name
        if name in found:
            raise text.error_at("duplicate_name", f"two output fields are named {name}", item, "rename one with AS")
        found[name] = typed
    return found


def _key(
    text: Text, node: exp.Select, projected: dict[str, Typed], keys: frozenset[int], key_name: str | None
) -> str | None:
    names = list(projected)
    chosen = [projected[names[position]] for position in sorted(keys) if position < len(names)]
    if key_name is not None:
        if key_name not in projected or chosen:
            hint = "name one output field, or mark items PRIMARY KEY, not both"
            raise text.error_at("bad_key", f"the key {key_name} is not an output field", node, hint)
        chosen = [projected[key_name]]
    if keys and not chosen:
        raise text.error_at("bad_key", "PRIMARY KEY marks a named item", node, "name the columns")
    if not chosen:
        return None
    parts = [typed.sql if typed.type in {VARCHAR, NULL} else f"CAST({typed.finite} AS VARCHAR)" for typed in chosen]
    return parts[0] if len(parts) == 1 else f"concat_ws('|', {', '.join(parts)})"
