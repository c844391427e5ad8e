-- fails: bad_topic at 2:1
CREATE STREAM big WITH (topic='no good') AS SELECT * FROM t
