"""The audit views of revision 0001, and how a later one changes them. docs/audit.md explains their columns."""

import re
from typing import Final

from sqlalchemy import Connection, text

AUDIT_VIEWS: Final = (
    """CREATE VIEW events AS
    SELECT seq, job_id, version, type AS event, at, actor, channel, command_id, epoch, data FROM event""",
    """CREATE VIEW job_history AS
    SELECT job_id, version, seq, at, type AS event, actor, channel, JSON(data, reason) AS reason, epoch, command_id
    FROM event WHERE type <> 'WorkerAcked'""",
    """CREATE VIEW pauses AS
    SELECT p.job_id, JSON(r.data, hold) AS hold, r.actor AS actor, JSON(r.data, reason) AS reason, r.at AS requested_at,
           p.at AS paused_at, e.at AS resumed_at, SECONDS(p.at, e.at) AS paused_s,
           CASE WHEN e.type = 'ResumeRequested' THEN e.actor END AS resumed_by, e.type AS ended_by, JSON(p.data, cut) AS cut
    FROM event p
    JOIN event r ON r.job_id = p.job_id AND r.version = (
      SELECT max(x.version) FROM event x
      WHERE x.job_id = p.job_id AND x.version < p.version AND x.type = 'PauseRequested')
    LEFT JOIN event e ON e.job_id = p.job_id AND e.version = (
      SELECT min(x.version) FROM event x
      WHERE x.job_id = p.job_id AND x.version > p.version AND x.type IN ('ResumeRequested', 'StopRequested', 'JobFailed'))
    WHERE p.type = 'JobPaused'""",
    """CREATE VIEW holds AS
    WITH begun AS (
      SELECT job_id, version, at, actor, JSON(data, hold) AS hold, JSON(data, reason) AS reason
      FROM event WHERE type IN ('PauseRequested', 'HoldAdded')
      UNION ALL
      SELECT d.job_id, d.version, d.at, d.actor, ELEMENT(h) AS hold, JSON(d.data, reason) AS reason
      FROM event d, ELEMENTS(d.data, holds) h WHERE d.type = 'JobDeployed'),
    ended AS (
      SELECT job_id, version, at, actor, JSON(data, hold) AS hold
      FROM event WHERE type IN ('HoldReleased', 'ResumeRequested')),
    spans AS (
      SELECT b.job_id, b.version, b.at, b.actor, b.hold, b.reason, (
        SELECT min(e.version) FROM ended e
        WHERE e.job_id = b.job_id AND e.version > b.version AND (e.hold IS NULL OR e.hold = b.hold)) AS released
      FROM begun b),
    firsts AS (
      SELECT spans.*, row_number() OVER (PARTITION BY job_id, hold, coalesce(released, 0) ORDER BY version) AS n FROM spans)
    SELECT f.job_id, f.hold, f.actor AS owner, f.at AS since, f.reason, e.at AS released_at, e.actor AS released_by
    FROM firsts f LEFT JOIN ended e ON e.job_id = f.job_id AND e.version = f.released WHERE f.n = 1""",
    """CREATE VIEW refusals AS
    SELECT command_id, job_id, verb, at, actor, channel, code, message, topic, topic_partition, topic_offset
    FROM command WHERE outcome = 'refused'""",
)

_SPELLINGS: Final = {
    "sqlite": (
        (r"JSON\((\S+), (\w+)\)", r"json_extract(\1, '$.\2')"),
        (r"TIME\((\S+), (\w+)\)", r"json_extract(\1, '$.\2')"),
        (r"SECONDS\((\S+), (\S+)\)", r"round((julianday(\2) - julianday(\1)) * 86400, 3)"),
        (r"ELEMENTS\((\S+), (\w+)\)", r"json_each(\1, '$.\2')"),
        (r"ELEMENT\((\w+)\)", r"\1.value"),
    ),
    "postgresql": (
        (r"JSON\((\S+), (\w+)\)", r"(\1::jsonb ->> '\2')"),
        (r"TIME\((\S+), (\w+)\)", r"(\1::jsonb ->> '\2')::timestamptz"),
        (r"SECONDS\((\S+), (\S+)\)", r"round(extract(epoch FROM (\2 - \1))::numeric, 3)"),
        (r"ELEMENTS\((\S+), (\w+)\)", r"jsonb_array_elements_text(\1::jsonb -> '\2')"),
        (r"ELEMENT\((\w+)\)", r"\1"),
    ),
}
_REPLACED: Final = {
    "sqlite": ("DROP VIEW {name}", "CREATE VIEW {name} AS {query}"),
    # In place: whoever was granted the old one, or built a view on it, is to have the new one.
    "postgresql": ("CREATE OR REPLACE VIEW {name} AS {query}",),
}


def render(view: str, dialect: str) -> str:
    """The view in this database's spelling."""
    for pattern, replacement in _SPELLINGS[dialect]:
        view = re.sub(pattern, replacement, view)
    return view


def replace_view(connection: Connection, name: str, query: str) -> None:
    """The view asks `query` from now on. New columns come after the old ones, which keep their types."""
    dialect = connection.dialect.name
    for statement in _REPLACED[dialect]:
        connection.execute(text(render(statement.format(name=name, query=query), dialect)))
