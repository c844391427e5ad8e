"""The views `pauses` and `holds` in one pass over the log each, and an index by time: both are for logs that grew long."""

from typing import Final

from alembic import op
from sqlalchemy import text

from slackwater.migrations.audit_views import replace_view

revision = "0002"
down_revision = "0001"

# Each end is looked for once, by a running minimum from the last event back; 0001 looked for it anew for every row.
_VIEWS: Final = {
    "pauses": """WITH told AS (
      SELECT job_id, version, type,
        max(CASE WHEN type = 'PauseRequested' THEN version END) OVER (PARTITION BY job_id ORDER BY version) AS requested,
        min(CASE WHEN type IN ('ResumeRequested', 'StopRequested', 'RolloutRequested', 'JobFailed') THEN version END)
          OVER (PARTITION BY job_id ORDER BY version DESC) AS ended
      FROM event
      WHERE type IN ('PauseRequested', 'JobPaused', 'ResumeRequested', 'StopRequested', 'RolloutRequested', 'JobFailed'))
    SELECT p.job_id, JSON(r.data, hold) AS hold, coalesce(JSON(r.data, by), r.actor) AS actor,
           JSON(r.data, reason) AS reason, r.at AS requested_at,
           p.at AS paused_at, e.at AS resumed_at, SECONDS(p.at, e.at) AS paused_s,
           CASE WHEN e.type = 'ResumeRequested' THEN e.actor END AS resumed_by, e.type AS ended_by, JSON(p.data, cut) AS cut
    FROM told
    JOIN event p ON p.job_id = told.job_id AND p.version = told.version
    JOIN event r ON r.job_id = told.job_id AND r.version = told.requested
    LEFT JOIN event e ON e.job_id = told.job_id AND e.version = told.ended
    WHERE told.type = 'JobPaused'""",
    "holds": """WITH told AS (
      SELECT job_id, version, at, coalesce(JSON(data, by), actor) AS actor, JSON(data, hold) AS hold,
        JSON(data, reason) AS reason, 1 AS begins
      FROM event WHERE type IN ('PauseRequested', 'HoldAdded')
      UNION ALL
      SELECT d.job_id, d.version, d.at, coalesce(JSON(d.data, by), d.actor), ELEMENT(h), JSON(d.data, reason), 1
      FROM event d, ELEMENTS(d.data, holds) h WHERE d.type = 'JobDeployed'
      UNION ALL
      SELECT job_id, version, at, actor, JSON(data, hold), NULL, 0
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
    SELECT f.job_id, f.hold, f.actor AS owner, f.at AS since, f.reason, e.at AS released_at, e.actor AS released_by
    FROM firsts f LEFT JOIN event e ON e.job_id = f.job_id AND e.version = f.released WHERE f.n = 1""",
}


def upgrade() -> None:
    """The events stay as they are."""
    connection = op.get_bind()
    for name, query in _VIEWS.items():
        replace_view(connection, name, query)
    connection.execute(text("CREATE INDEX event_at ON event (at, seq)"))
