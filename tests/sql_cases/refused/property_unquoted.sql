-- fails: syntax_error at 2:29
CREATE STREAM b WITH (topic=big) AS SELECT * FROM t
