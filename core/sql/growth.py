"""How much longer than what it reads an expression may make a text: DuckDB's memory limit does not count texts."""

from typing import Any

from sqlglot import exp

from .functions import ALIASES, FUNCTIONS, GROWTH_MAX
from .scope import Scope


def check_growth(node: Any, scope: Scope) -> None:
    """Joining adds up, replacing multiplies, of branches the longest counts. Raises SqlError above GROWTH_MAX."""
    if _growth(node) > GROWTH_MAX:
        message = f"this could make a text more than {GROWTH_MAX} times as long"
        raise scope.error("too_large", message, node, "join fewer texts, or make several fields of them")


def _growth(node: Any) -> int:
    if isinstance(node, exp.Literal):
        return 0  # no record makes it longer
    parts = node.flatten(unnest=False) if isinstance(node, exp.Connector) else node.iter_expressions()
    grown = [_growth(part) for part in parts]
    name = str(node.this).lower() if isinstance(node, exp.Anonymous) else ""
    function = FUNCTIONS.get(ALIASES.get(name, name))
    if isinstance(node, exp.DPipe) or (function is not None and function.joins):
        return sum(grown)
    longest = max(grown, default=1)
    if function is not None and function.grows is not None:
        return longest * max(1, len(node.expressions[function.grows].this))
    return longest
