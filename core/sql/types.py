"""The column types of the language: a closed list."""

from types import MappingProxyType
from typing import Final

BOOLEAN: Final = "BOOLEAN"
INTEGER: Final = "INTEGER"
BIGINT: Final = "BIGINT"
DOUBLE: Final = "DOUBLE"
VARCHAR: Final = "VARCHAR"
TIMESTAMP: Final = "TIMESTAMP"
DATE: Final = "DATE"
NULL: Final = "NULL"
"""The type of the literal NULL: fits everywhere."""

TYPES: Final = MappingProxyType(
    {
        "BOOLEAN": BOOLEAN,
        "BOOL": BOOLEAN,
        "INT": INTEGER,
        "INTEGER": INTEGER,
        "BIGINT": BIGINT,
        "FLOAT": DOUBLE,
        "DOUBLE": DOUBLE,
        "REAL": DOUBLE,
        "STRING": VARCHAR,
        "TEXT": VARCHAR,
        "VARCHAR": VARCHAR,
        "TIMESTAMP": TIMESTAMP,
        "DATE": DATE,
    }
)
"""Every spelling of a type, and the type."""

_WIDENING: Final = (INTEGER, BIGINT, DOUBLE)

KINDS: Final = MappingProxyType(
    {
        "text": frozenset({VARCHAR, NULL}),
        "integer": frozenset({INTEGER, BIGINT, NULL}),
        "number": frozenset({INTEGER, BIGINT, DOUBLE, NULL}),
        "time": frozenset({TIMESTAMP, DATE, NULL}),
        "boolean": frozenset({BOOLEAN, NULL}),
        "any": frozenset({*TYPES.values(), NULL}),
    }
)
"""What a function's parameter accepts."""


def is_number(kind: str) -> bool:
    """INTEGER, BIGINT or DOUBLE."""
    return kind in _WIDENING


def common(left: str, right: str) -> str | None:
    """The type that both fit in without loss of meaning, or None: text and numbers have none."""
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    if is_number(left) and is_number(right):
        return _WIDENING[max(_WIDENING.index(left), _WIDENING.index(right))]
    return TIMESTAMP if {left, right} == {DATE, TIMESTAMP} else None
