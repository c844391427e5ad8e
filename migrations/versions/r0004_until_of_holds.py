"""The view `holds` says until when a hold was to last."""

from typing import Final

from alembic import op

from slackwater.migrations.audit_views import replace_view

revision = "0004"
down_revision = "0003"

# That of 0002, and in each part of it one column more.
_HOLDS: Final = """WITH told AS (
      SELECT job_id, version, at, coalesce(JSON(data, by), actor) AS actor, JSON(data, hold) AS hold,
        JSON(data, reason) AS reason, TIME(data, until) AS until, 1 AS begins
      FROM event WHERE type IN ('PauseRequested', 'HoldAdded')
      UNION ALL
      SELECT d.job_id, d.version, d.at, coalesce(JSON(d.data, by), d.actor), ELEMENT(h), JSON(d.data, reason), NULL, 1
      FROM event d, ELEMENTS(d.data, holds) h WHERE d.type = 'JobDeployed'
      UNION ALL
      SELECT job_id, version, at, actor, JSON(data, hold), NULL, NULL, 0
      FROM event WHERE type IN ('HoldReleased', 'ResumeRequested')),
    ends AS (
      SELECT told.*,
        min(CASE WHEN begins = 0 THEN version END) OVER (PARTITION BY job_id, hold ORDER BY version DESC) AS own,
        min(CASE WHEN begins = 0 AND hold IS NULL THEN version END)
          OVER (PARTITION BY job_id ORDER BY version DESC) AS common
      FROM told),
    spans AS (
      SELECT ends.*, CASE WHEN own IS NULL OR common < own THEN common ELSE own END AS released
      FROM ends WHERE begins = 1),
    firsts AS (
      SELECT spans.*, row_number() OVER (PARTITION BY job_id, hold, released ORDER BY version) AS n FROM spans)
    SELECT f.job_id, f.hold, f.actor AS owner, f.at AS since, f.reason, e.at AS released_at, e.actor AS released_by, f.until
    FROM firsts f LEFT JOIN event e ON e.job_id = f.job_id AND e.version = f.released WHERE f.n = 1"""


def upgrade() -> None:
    """The events stay as they are."""
    replace_view(op.get_bind(), "holds", _HOLDS)
