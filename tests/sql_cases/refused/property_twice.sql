-- fails: syntax_error at 2:40
CREATE STREAM b WITH (topic='b', topic='c') AS SELECT * FROM t
