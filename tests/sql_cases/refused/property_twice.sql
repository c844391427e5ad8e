-- fails: syntax_error at 2:40, leave one of them
CREATE STREAM b WITH (topic='b', topic='c') AS SELECT * FROM t
