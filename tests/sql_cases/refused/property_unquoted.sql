-- fails: syntax_error at 2:29, topic='…'
CREATE STREAM b WITH (topic=big) AS SELECT * FROM t
