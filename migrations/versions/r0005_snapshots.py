"""Snapshots beside the log: every job as folded up to some event."""

from typing import Final

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"

_TYPES: Final = {"sqlite": ("INTEGER", "BLOB", " STRICT"), "postgresql": ("bigint", "bytea", "")}


def upgrade() -> None:
    """The log stays as it is. Snapshots come by and by: from a worker, or from whoever asks for the past."""
    connection = op.get_bind()
    bigint, blob, strict = _TYPES[connection.dialect.name]
    connection.execute(
        text(
            f"""CREATE TABLE snapshot (
            seq {bigint} PRIMARY KEY, hash {blob} NOT NULL, shape text NOT NULL, body {blob} NOT NULL){strict}"""
        )
    )
