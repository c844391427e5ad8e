"""Tables and guards of revision 0001, for each database. Frozen: a later revision has its own statements."""

from typing import Final

_TABLES: Final = """
CREATE TABLE job (
  id {text} PRIMARY KEY, version {int} NOT NULL CHECK (version >= 1), state {text} NOT NULL, epoch {int} NOT NULL,
  spec_hash {text} NOT NULL, body {text} NOT NULL
){strict};
CREATE TABLE chain (id {int} PRIMARY KEY CHECK (id = 1), seq {bigint} NOT NULL, hash {blob} NOT NULL){strict};
CREATE TABLE event (
  seq {bigint} PRIMARY KEY, job_id {text} NOT NULL, version {int} NOT NULL CHECK (version >= 1), type {text} NOT NULL,
  schema_version {int} NOT NULL, at {time} NOT NULL, actor {text} NOT NULL, channel {text} NOT NULL,
  command_id {text} NOT NULL, epoch {int} NOT NULL, data {text} NOT NULL,
  prev_hash {blob} NOT NULL CHECK (length(prev_hash) = 32), hash {blob} NOT NULL CHECK (length(hash) = 32),
  UNIQUE (job_id, version)
){strict};
CREATE TABLE command (
  command_id {text} PRIMARY KEY, payload_hash {blob} NOT NULL, job_id {text} NOT NULL, verb {text} NOT NULL,
  channel {text} NOT NULL, actor {text} NOT NULL, at {time} NOT NULL, outcome {text} NOT NULL, code {text}, message {text},
  result {text} NOT NULL, seq {bigint}, reply_to {text}, topic {text}, topic_partition {int}, topic_offset {bigint}
){strict};
CREATE INDEX command_refused ON command (job_id, at) WHERE outcome = 'refused'
"""


def _tables(**types: str) -> tuple[str, ...]:
    return tuple(statement.strip() for statement in _TABLES.format(**types).split(";"))


def _sqlite_guards(table: str, key: str) -> tuple[str, ...]:
    said = f"RAISE(ABORT, '{table} is append-only')"
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT {said}; END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT {said}; END",
        # INSERT OR REPLACE deletes without asking the delete trigger unless recursive_triggers is on.
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) BEGIN SELECT {said}; END",
    )


def _postgresql_guards(table: str) -> tuple[str, ...]:
    # ENABLE ALWAYS: session_replication_role = replica would skip ordinary triggers.
    guards = [(f"{table}_no_update", "UPDATE", "ROW"), (f"{table}_no_delete", "DELETE", "ROW")]
    guards.append((f"{table}_no_truncate", "TRUNCATE", "STATEMENT"))
    return tuple(
        statement
        for name, verb, each in guards
        for statement in (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH {each} EXECUTE FUNCTION slackwater_append_only()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        )
    )


SQLITE: Final = (
    *_tables(text="TEXT", int="INTEGER", bigint="INTEGER", blob="BLOB", time="TEXT", strict=" STRICT"),
    "INSERT INTO chain VALUES (1, 0, zeroblob(32))",
    *_sqlite_guards("event", "seq"),
    *_sqlite_guards("command", "command_id"),
)

POSTGRESQL: Final = (
    *_tables(text="text", int="integer", bigint="bigint", blob="bytea", time="timestamptz", strict=""),
    "INSERT INTO chain VALUES (1, 0, decode(repeat('00', 32), 'hex'))",
    """CREATE FUNCTION slackwater_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    *_postgresql_guards("event"),
    *_postgresql_guards("command"),
)
