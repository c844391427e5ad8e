"""Alembic's entry: runs on the connection that `persistence.upgrade` hands over, inside its transaction.

Without one (`alembic current`, `alembic upgrade head`) it opens the log that SLACKWATER_LOG names in the same way.
"""

import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from slackwater.persistence.errors import StoreError
from slackwater.persistence.open import HINT, place_of
from slackwater.persistence.upgrade import grant, migrating


def run(connection: Connection) -> None:
    """On this connection."""
    context.configure(connection=connection, transactional_ddl=True)
    context.run_migrations()


def run_by_hand() -> None:
    """Only an upgrade may make a log that is not there. Raises CommandError."""
    url, said = os.environ.get("SLACKWATER_LOG"), context.config.cmd_opts
    if url is None:
        raise CommandError(f"set SLACKWATER_LOG: {HINT}")
    is_upgrade = said is not None and said.cmd[0].__name__ == "upgrade"
    try:
        with migrating(*place_of(url), create=is_upgrade) as connection:
            run(connection)
            if is_upgrade and context.get_context().get_current_revision() == context.get_head_revision():
                grant(connection)
    except StoreError as error:
        raise CommandError(str(error)) from None


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    run_by_hand()
else:
    run(handed_over)
