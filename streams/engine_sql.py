"""A pipeline as one DuckDB query over a table `batch` of records: n, k, v, and place columns if they are asked for.

Every step is a SELECT around the last: the field's JSON text `tn`, the field `cn`, the `fault` of the record, the output.
A fault never depends on the other records of the batch, nor on whether the record passes WHERE.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from slackwater.core.sql.literals import quoted
from slackwater.core.sql.plan import Column, Pipeline
from slackwater.core.sql.types import BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, TIMESTAMP, VARCHAR, decimal_of

NO_VALUE: Final = -1
NO_JSON: Final = -2
NUL_IN_TEXT: Final = -3
"""Faults of a record as a whole; a fault from 0 up is the field that is not of its type."""

_OBJECT: Final = "CASE WHEN starts_with(ltrim(v, ' \t\r\n'), '{') THEN v ELSE '!' || v END"
"""The text itself if it begins like an object, else something that no JSON reader takes."""


@dataclass(frozen=True, slots=True)
class Query:
    """Both give n, fault, k, o, verdict, of the same types: parts of one batch may take either way.

    `fast` gives kept and faulty records, all with verdict true, and raises if an expression fails for any record. `careful`
    gives every record and never raises: verdict is NULL where an expression fails, else whether the record is kept.
    """

    fast: str
    careful: str
    places: tuple[str, ...]


def query_of(pipeline: Pipeline) -> Query:
    """The pipeline's query. Its expressions come from the allow-list; names and values are quoted here."""
    fields = [(f"c{i}", f"t{i}", column) for i, column in enumerate(pipeline.columns) if not column.place]
    places = tuple(column.name for column in pipeline.columns if column.place)
    taken = [f"{_PLACE_SQL[column.name]} AS c{i}" for i, column in enumerate(pipeline.columns) if column.place]
    paths = ", ".join(quoted(_pointer(column.name)) for _, _, column in fields) or "'/'"
    step = _select("*", f"TRY(json_extract({_OBJECT}, [{paths}])) AS r", source="batch")
    step = _select("*", *(f"CAST(r[{i}] AS VARCHAR) AS {text}" for i, (_, text, _) in enumerate(fields, 1)), source=step)
    step = _select("*", *taken, *(f"{_read(column, text)} AS {name}" for name, text, column in fields), source=step)
    step = _select("*", f"{_fault(pipeline)} AS fault", source=step)
    keep = f"coalesce({pipeline.where}, false)" if pipeline.where else "true"
    key = f"encode({pipeline.key})" if pipeline.key else "k"
    out = _output(pipeline)
    fast = _select("n", "fault", _where_good(key, "k"), _where_good(out, "o"), "true AS verdict", source=step)
    struct = f"struct_pack(keep := {keep}, k := CASE WHEN {keep} THEN {key} END, o := CASE WHEN {keep} THEN {out} END)"
    tried = _select("n", "fault", f"TRY(CASE WHEN fault IS NULL THEN {struct} END) AS s", source=step)
    return Query(
        f"{fast} WHERE fault IS NOT NULL OR {keep}",
        f"{_select('n', 'fault', 's.k AS k', 's.o AS o', 's.keep AS verdict', source=tried)} ORDER BY n",
        places,
    )


def _select(*items: str, source: str) -> str:
    return f"SELECT {', '.join(items)} FROM {source if source == 'batch' else f'({source})'}"


def _where_good(sql: str, name: str) -> str:
    return f"CASE WHEN fault IS NULL THEN {sql} END AS {name}"


def _pointer(name: str) -> str:
    """A JSON pointer to the field: unlike a path or a struct it takes any name, and tells a from A."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


_PLACE_SQL: Final = MappingProxyType(
    {
        "_key": "TRY(decode(k))",
        "_partition": "p",
        "_offset": "o",
        "_timestamp": "ts",
        "now()": "CAST(now() AS TIMESTAMP)",
        "random()": "random()",
        "uuid()": "CAST(uuid() AS VARCHAR)",
    }
)


def _string(text: str) -> str:
    return f"CASE WHEN starts_with({text}, '\"') THEN json_extract_string({text}, '$') END"


_ZONE: Final = "':.*[+-][0-9]'"
"""A time of day with an offset after it: DuckDB would leave the offset out."""
_READERS: Final = MappingProxyType(
    {
        # c from its JSON text; what else must hold of c and the text
        BOOLEAN: ("CASE {t} WHEN 'true' THEN true WHEN 'false' THEN false END", "true"),
        INTEGER: ("TRY_CAST({t} AS INTEGER)", "CAST({c} AS VARCHAR) = {t}"),
        BIGINT: ("TRY_CAST({t} AS BIGINT)", "CAST({c} AS VARCHAR) = {t}"),
        DOUBLE: ("TRY_CAST({t} AS DOUBLE)", "isfinite({c})"),
        VARCHAR: ("{s}", "true"),
        TIMESTAMP: ("TRY_CAST({s} AS TIMESTAMP)", "isfinite({c}) AND NOT regexp_matches({t}, " + _ZONE + ")"),
        DATE: ("TRY_CAST({s} AS DATE)", "regexp_matches({t}, '^\"[0-9]{{4,6}}-[0-9]{{2}}-[0-9]{{2}}\"$')"),
    }
)
_DECIMAL_DIGITS_EXACT: Final = 15
"""A JSON number reaches us through 64-bit floating point; only so many digits are sure to be what was written."""


def _read(column: Column, text: str) -> str:
    """The field; NULL if it has another type."""
    if decimal_of(column.type) is not None:
        value = f"TRY_CAST(trim({text}, '\"') AS {column.type})"
    else:
        value = _READERS[column.type][0].format(t=text, s=_string(text))
    return f"CASE WHEN {_is_right(column, value, text)} THEN {value} END" if column.lenient else value


def _is_right(column: Column, name: str, text: str) -> str:
    if (decimal := decimal_of(column.type)) is not None:
        exact = f"regexp_matches({text}, '^\"?-?[0-9]+([.][0-9]{{0,{decimal[1]}}}0*)?\"?$')"
        sure = f"(starts_with({text}, '\"') OR length({text}) <= {_DECIMAL_DIGITS_EXACT + 1})"
        return f"{exact} AND {sure} AND {name} IS NOT NULL"
    return _READERS[column.type][1].format(c=name, t=text) + f" AND {name} IS NOT NULL"


def _fault(pipeline: Pipeline) -> str:
    whens = [f"WHEN v IS NULL THEN {NO_VALUE}", f"WHEN r IS NULL THEN {NO_JSON}"]
    for i, column in enumerate(pipeline.columns):
        if column.place:
            whens += [f"WHEN k IS NOT NULL AND c{i} IS NULL THEN {i}"] if column.name == "_key" else []
            continue
        if column.type == VARCHAR:
            whens.append(f"WHEN contains(c{i}, chr(0)) THEN {NUL_IN_TEXT}")
        if not column.lenient:
            whens.append(f"WHEN t{i} <> 'null' AND NOT coalesce({_is_right(column, f'c{i}', f't{i}')}, false) THEN {i}")
    return f"CASE {' '.join(whens)} END"


def _output(pipeline: Pipeline) -> str:
    if pipeline.select is None:
        return "v"
    fields = ", ".join(f"{quoted(item.name)}, {item.duckdb_sql}" for item in pipeline.select)
    return f"CAST(json_object({fields}) AS VARCHAR)"
