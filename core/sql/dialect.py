"""The sqlglot dialect: SELECT as everyone writes it, and nothing that sqlglot would guess at.

Functions are left unresolved (every call is `Anonymous`), so that the allow-list alone says what exists.
"""

from typing import ClassVar

from sqlglot import exp, parser
from sqlglot.dialects.dialect import Dialect


class Slackwater(Dialect):
    """Registered with sqlglot as `slackwater`."""

    class Parser(parser.Parser):
        """CAST and CASE are grammar; every other call is a name with arguments."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            name: parse for name, parse in parser.Parser.FUNCTION_PARSERS.items() if name in {"CAST", "TRY_CAST"}
        }
        NO_PAREN_FUNCTIONS: ClassVar = {}


def name_of_clause(node: exp.Expression | str) -> str:
    """A clause as people write it."""
    key = node if isinstance(node, str) else node.key
    return _SPELT.get(key, key.rstrip("_").replace("_", " ").upper())


_SPELT = {
    "joins": "JOIN",
    "group": "GROUP BY",
    "order": "ORDER BY",
    "locks": "FOR UPDATE",
    "windows": "WINDOW",
    "sample": "TABLESAMPLE",
}
