"""The event log: tables, append-only guards, audit views."""

from alembic import op
from sqlalchemy import text

from slackwater.migrations.audit_views import AUDIT_VIEWS, render
from slackwater.migrations.ddl import POSTGRESQL, SQLITE

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything. There is no way down: a log is not undone."""
    name = op.get_bind().dialect.name
    for statement in POSTGRESQL if name == "postgresql" else SQLITE:
        op.get_bind().execute(text(statement))
    for view in AUDIT_VIEWS:
        op.get_bind().execute(text(render(view, name)))
