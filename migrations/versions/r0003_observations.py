"""Observations beside the log, and an index for counting commands by what they came to."""

from typing import Final

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"

_TIME: Final = {"sqlite": "TEXT", "postgresql": "timestamptz"}
_STRICT: Final = {"sqlite": " STRICT", "postgresql": ""}


def upgrade() -> None:
    """The log stays as it is."""
    connection = op.get_bind()
    name = connection.dialect.name
    connection.execute(
        text(
            f"""CREATE TABLE observation (
            job_id text NOT NULL, worker text NOT NULL, at {_TIME[name]} NOT NULL, body text NOT NULL,
            PRIMARY KEY (job_id, worker)){_STRICT[name]}"""
        )
    )
    connection.execute(text("CREATE INDEX command_kind ON command (job_id, verb, channel, outcome, code)"))
