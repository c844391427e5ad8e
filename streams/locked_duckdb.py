"""DuckDB without doors: no files, no network, no extensions, no other settings, a limit of memory and of time."""

from typing import Final

import duckdb
import pyarrow as pa

from .query_time import QUERY_TIME

MEMORY_LIMIT: Final = "512MB"
QUERY_TIMEOUT_S: Final = 20.0
"""Within a drain's time. DuckDB looks for an interrupt between vectors, so a query ends a little later."""


def lockdown(memory_limit: str, threads: int) -> tuple[str, ...]:
    """In this order: after enable_external_access=false the temp directory cannot be changed any more."""
    return (
        f"SET memory_limit = '{memory_limit}'",
        f"SET threads = {int(threads)}",
        "SET autoload_known_extensions = false",
        "SET autoinstall_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET temp_directory = ''",
        "SET python_enable_replacements = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    )


class LockedDuckDB:
    """One connection, used by one thread at a time."""

    def __init__(self, memory_limit: str = MEMORY_LIMIT, threads: int = 1) -> None:
        self.connection = duckdb.connect(":memory:")
        for statement in lockdown(memory_limit, threads):
            self.connection.execute(statement)

    def query(self, sql: str, batch: pa.Table, timeout_s: float = QUERY_TIMEOUT_S) -> pa.Table:
        """The query over the table `batch`. Raises duckdb.Error, InterruptException once its time is up."""
        self.connection.register("batch", batch)
        try:
            with QUERY_TIME.limited(timeout_s, self.connection.interrupt):
                return self.connection.sql(sql).to_arrow_table()
        finally:
            self.connection.unregister("batch")

    def close(self) -> None:
        """Give the memory back. Closing twice is fine."""
        self.connection.close()
