"""The column types of the language: a closed list, and DECIMAL(p, s)."""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

BOOLEAN: Final = "BOOLEAN"
INTEGER: Final = "INTEGER"
BIGINT: Final = "BIGINT"
DOUBLE: Final = "DOUBLE"
VARCHAR: Final = "VARCHAR"
TIMESTAMP: Final = "TIMESTAMP"
DATE: Final = "DATE"
DECIMAL: Final = "DECIMAL"
NULL: Final = "NULL"
"""The type of the literal NULL: fits everywhere."""

DECIMAL_DIGITS_MAX: Final = 38

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
"""Every spelling of a type without parameters, and the type."""

TYPES_HINT: Final = f"types: {', '.join(sorted(set(TYPES.values())))}, DECIMAL(digits, of them decimals)"

_WIDENING: Final = (INTEGER, BIGINT, DECIMAL, DOUBLE)
_TIMES: Final = frozenset({TIMESTAMP, DATE})

KINDS: Final = MappingProxyType(
    {
        "text": frozenset({VARCHAR, NULL}),
        "integer": frozenset({INTEGER, BIGINT, NULL}),
        "number": frozenset({*_WIDENING, NULL}),
        "time": frozenset({*_TIMES, NULL}),
        "boolean": frozenset({BOOLEAN, NULL}),
        "any": frozenset({*TYPES.values(), DECIMAL, NULL}),
    }
)
"""What a function's parameter accepts."""


def type_of(name: str, parameters: Sequence[int] = ()) -> str | None:
    """The type that a spelling means, or None. DECIMAL alone is DECIMAL(18,3)."""
    if name.upper() not in {"DECIMAL", "NUMERIC"}:
        return None if parameters else TYPES.get(name.upper())
    digits, scale, *more = [*parameters, 0] if len(parameters) == 1 else parameters or (18, 3)
    return f"DECIMAL({digits},{scale})" if not more and 0 <= scale <= digits and 1 <= digits <= DECIMAL_DIGITS_MAX else None


def decimal_of(kind: str) -> tuple[int, int] | None:
    """Digits and decimals of a DECIMAL, else None."""
    match = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    return (int(match[1]), int(match[2])) if match else None


def fits(kind: str, what: str) -> bool:
    """Is the type of the kind that KINDS calls `what`?"""
    return _family(kind) in KINDS[what]


def is_number(kind: str) -> bool:
    """INTEGER, BIGINT, DECIMAL or DOUBLE."""
    return _family(kind) in _WIDENING


def common(left: str, right: str) -> str | None:
    """The type that both fit in without loss of meaning, or None: text and numbers have none."""
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    if is_number(left) and is_number(right):
        wider = _WIDENING[max(_WIDENING.index(_family(left)), _WIDENING.index(_family(right)))]
        return wide_decimal(max(decimals(left), decimals(right))) if wider == DECIMAL else wider
    return TIMESTAMP if {left, right} == _TIMES else None


def decimals(kind: str) -> int:
    """Digits after the point; 0 for every type but DECIMAL."""
    return (decimal_of(kind) or (0, 0))[1]


def wide_decimal(scale: int) -> str:
    """The widest DECIMAL of so many decimals."""
    return f"DECIMAL({DECIMAL_DIGITS_MAX},{scale})"


def _family(kind: str) -> str:
    return DECIMAL if kind.startswith(DECIMAL) else kind
