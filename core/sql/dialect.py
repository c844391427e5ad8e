"""The sqlglot dialect: SELECT as everyone writes it, and nothing that sqlglot would guess at.

Functions are left unresolved (every call is `Anonymous`), so that the allow-list alone says what exists.
"""

from types import MappingProxyType
from typing import ClassVar, Final

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


def hint_of_clause(name: str) -> str:
    """What to do instead of a clause that is not supported."""
    return _HINTS.get(name, "docs/sql.md says what a SELECT may have")


_SPELT = {
    "joins": "JOIN",
    "group": "GROUP BY",
    "order": "ORDER BY",
    "locks": "FOR UPDATE",
    "windows": "WINDOW",
    "sample": "TABLESAMPLE",
}
_HINTS: Final = MappingProxyType(
    {
        "group": "aggregates need windows, which come later",
        "having": "aggregates need windows, which come later",
        "pivots": "aggregates need windows, which come later",
        "windows": "windows come later",
        "joins": "joins come later; one job reads one stream in each SELECT",
        "laterals": "one SELECT reads one stream",
        "distinct": "a stream has no end at which to know what is distinct",
        "order": "a stream has no end at which to sort",
        "limit": "a stream has no end; stop the job instead",
        "offset": "a stream has no end",
        "sample": "a job reads every record; choose some with WHERE",
        "with_": "write the SELECT out",
        "into": "INSERT INTO … SELECT … says where to write",
        "locks": "a stream has nothing to lock: leave it out",
        "by_name": "UNION ALL puts fields together by name as it is",
        "db": 'a stream has no database; a name with a dot in it is written "a.b"',
        "catalog": 'a stream has no database; a name with a dot in it is written "a.b"',
    }
)
