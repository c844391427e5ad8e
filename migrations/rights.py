"""Who may do what to the log on PostgreSQL, for roles that the server's administrator has made. docs/audit.md shows how."""

from collections.abc import Collection, Iterator
from typing import Final

APP: Final = "slackwater_app"
"""Workers and operators: they append. Not the owner, so they cannot drop a guard."""
READER: Final = "slackwater_reader"
"""Audit queries."""

_TABLES: Final = "event, command, job, chain, observation, snapshot, alembic_version"
_VIEWS: Final = "events, job_history, pauses, holds, refusals"
_GRANTS: Final = {
    APP: (
        "INSERT ON event, command, job",
        "UPDATE ON job, chain",
        "INSERT, UPDATE, DELETE ON observation",
        "INSERT, UPDATE ON snapshot",
    ),
    READER: (),
}


def rights(roles: Collection[str]) -> Iterator[str]:
    """The statements, to be run after every upgrade; again is fine. Only the owner can change or remove what stands."""
    yield f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {_TABLES} FROM PUBLIC"
    for role in sorted(_GRANTS.keys() & roles):
        yield f"REVOKE ALL ON {_TABLES} FROM {role}"
        yield f"GRANT SELECT ON {_TABLES}, {_VIEWS} TO {role}"
        yield from (f"GRANT {granted} TO {role}" for granted in _GRANTS[role])
