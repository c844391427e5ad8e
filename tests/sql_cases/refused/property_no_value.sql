-- fails: syntax_error at 2:28, docs/sql.md says what the language has
CREATE STREAM b WITH (topic) AS SELECT * FROM t
