"""Alembic migrations of the event log; run by `slackwater db upgrade`."""
