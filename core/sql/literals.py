"""Values of the text as DuckDB literals: the only way anything the user wrote reaches DuckDB."""


def quoted(value: str) -> str:
    """A DuckDB text literal."""
    return "'" + value.replace("'", "''") + "'"
