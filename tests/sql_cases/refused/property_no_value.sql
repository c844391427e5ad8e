-- fails: syntax_error at 2:28
CREATE STREAM b WITH (topic) AS SELECT * FROM t
