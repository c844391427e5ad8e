"""The functions of the language, as data. docs/sql.md's table is tested against this."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .types import BIGINT, BOOLEAN, DOUBLE, INTEGER, TIMESTAMP, VARCHAR


@dataclass(frozen=True, slots=True)
class Function:
    """`params` are kinds of `types.KINDS`; the last `optional` may be left out, `repeats` lets the last be given again.

    `result` is a type, `common` (of all arguments), `first`, or `alike` (the first, which goes together with the others).
    `duckdb` is its name there, if another. `grows` counts the parameter that may make a text longer: a literal, and all
    of them together, however nested, no more than GROWTH_MAX. `joins` puts texts together: what each may grow to adds up.
    """

    params: tuple[str, ...]
    result: str
    doc: str
    optional: int = 0
    repeats: bool = False
    duckdb: str | None = None
    grows: int | None = None
    joins: bool = False


GROWTH_MAX: Final = 100
"""So many times longer may replacing and joining make a text: DuckDB's memory limit does not count texts."""

_T, _N, _I, _A, _M = "text", "number", "integer", "any", "time"

FUNCTIONS: Final = MappingProxyType(
    {
        "upper": Function((_T,), VARCHAR, "upper case"),
        "lower": Function((_T,), VARCHAR, "lower case"),
        "trim": Function((_T,), VARCHAR, "without spaces at both ends"),
        "ltrim": Function((_T,), VARCHAR, "without spaces at the left end"),
        "rtrim": Function((_T,), VARCHAR, "without spaces at the right end"),
        "length": Function((_T,), BIGINT, "number of characters"),
        "substring": Function((_T, _I, _I), VARCHAR, "from a position (1 is the first), of a length", optional=1),
        "left": Function((_T, _I), VARCHAR, "the first n characters"),
        "right": Function((_T, _I), VARCHAR, "the last n characters"),
        "replace": Function((_T, _T, _T), VARCHAR, "every occurrence replaced, by a literal", grows=2),
        "concat": Function((_A,), VARCHAR, "joined as text, NULLs left out", repeats=True, joins=True),
        "reverse": Function((_T,), VARCHAR, "back to front"),
        "contains": Function((_T, _T), BOOLEAN, "does the first contain the second"),
        "starts_with": Function((_T, _T), BOOLEAN, "does the first start with the second"),
        "ends_with": Function((_T, _T), BOOLEAN, "does the first end with the second"),
        "strpos": Function((_T, _T), BIGINT, "where the second begins in the first; 0 if nowhere"),
        "split_part": Function((_T, _T, _I), VARCHAR, "the n-th part between separators"),
        "regexp_matches": Function((_T, _T), BOOLEAN, "does a part match (RE2)"),
        "regexp_extract": Function((_T, _T, _I), VARCHAR, "the match, or its n-th group (RE2)", optional=1),
        "regexp_replace": Function((_T, _T, _T), VARCHAR, "the first match replaced (RE2), by a literal", grows=2),
        "abs": Function((_N,), "first", "absolute value"),
        "sign": Function((_N,), INTEGER, "-1, 0 or 1"),
        "round": Function((_N, _I), DOUBLE, "rounded to so many decimals", optional=1),
        "floor": Function((_N,), DOUBLE, "next whole number below"),
        "ceil": Function((_N,), DOUBLE, "next whole number above"),
        "sqrt": Function((_N,), DOUBLE, "square root; of a negative number: an error"),
        "ln": Function((_N,), DOUBLE, "natural logarithm; of 0 or less: an error"),
        "log10": Function((_N,), DOUBLE, "logarithm to base 10; of 0 or less: an error"),
        "exp": Function((_N,), DOUBLE, "e to the power"),
        "power": Function((_N, _N), DOUBLE, "the first to the power of the second"),
        "greatest": Function((_A,), "common", "the greatest, NULLs left out", repeats=True),
        "least": Function((_A,), "common", "the least, NULLs left out", repeats=True),
        "coalesce": Function((_A,), "common", "the first that is not NULL", repeats=True),
        "ifnull": Function((_A, _A), "common", "the second where the first is NULL"),
        "nullif": Function((_A, _A), "alike", "NULL where both are equal"),
        "from_epoch_ms": Function((_I,), TIMESTAMP, "milliseconds since 1970 as a time", duckdb="epoch_ms"),
        "to_epoch_ms": Function((_M,), BIGINT, "a time as milliseconds since 1970", duckdb="epoch_ms"),
        "date_trunc": Function((_T, _M), TIMESTAMP, "cut to 'minute', 'hour', 'day', …"),
        "date_part": Function((_T, _M), BIGINT, "'year', 'month', 'hour', … of a time"),
        "strftime": Function((_M, _T), VARCHAR, "a time as text by a format"),
        "strptime": Function((_T, _T), TIMESTAMP, "text as a time by a format"),
        "year": Function((_M,), BIGINT, "year of a time"),
        "month": Function((_M,), BIGINT, "month of a time"),
        "day": Function((_M,), BIGINT, "day of a time"),
        "hour": Function((_M,), BIGINT, "hour of a time"),
        "minute": Function((_M,), BIGINT, "minute of a time"),
    }
)

ALIASES: Final = MappingProxyType(
    {"substr": "substring", "ucase": "upper", "lcase": "lower", "ceiling": "ceil", "pow": "power", "len": "length"}
)

VOLATILE: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        **dict.fromkeys(("rand", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")),
        **dict.fromkeys(("today", "setseed", "nextval", "get_current_timestamp", "transaction_timestamp")),
        "now": TIMESTAMP,
        "random": DOUBLE,
        "uuid": VARCHAR,
    }
)
"""Give another value each time: a job that is run again after a crash would write something else.

Refused unless the job says `@deterministic: false`; then those with a type are allowed: one value for each record."""

AGGREGATES: Final = frozenset(
    {"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "stddev", "median", "any_value"}
)
