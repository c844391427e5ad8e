-- fails: bad_topic at 2:1, 1-249 of a-z A-Z 0-9 . _ -
CREATE STREAM big WITH (topic='no good') AS SELECT * FROM t
