"""The log's tables as SQLAlchemy sees them. migrations/ creates them; a test compares the two."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import TIMESTAMP, BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from slackwater.core.codec import time_text

SCHEMA_HEAD: Final = "0005"
"""The revision this code reads and writes."""


class UtcTime(TypeDecorator[datetime]):
    """timestamptz on PostgreSQL; on SQLite, which has none, RFC 3339 text with microseconds that sorts as time does."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in this database."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """On the way in."""
        return value if value is None or dialect.name == "postgresql" else time_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """On the way out."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value


metadata = MetaData()

job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("spec_hash", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""The head of each job and its fold: a projection, checked against replay by `verify`."""

chain = Table(
    "chain",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""One row, the last lock of every append: it makes `seq` dense and commit-ordered, and carries the head of the chain."""

event = Table(
    "event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("job_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The log. Appended to, never changed."""

command = Table(
    "command",
    metadata,
    Column("command_id", Text, primary_key=True),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("job_id", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text),
    Column("message", Text),
    Column("result", Text, nullable=False),
    Column("seq", BigInteger),
    Column("reply_to", Text),
    Column("topic", Text),
    Column("topic_partition", Integer),
    Column("topic_offset", BigInteger),
)
"""The inbox: every command with its first answer, refusals too. Appended to, never changed."""

observation = Table(
    "observation",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
)
"""What was measured last, by job and worker. No part of the log: changed and forgotten as it comes."""

snapshot = Table(
    "snapshot",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("shape", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Every job as folded up to an event: derived, compared by `verify`, and may be thrown away. No part of the log."""
