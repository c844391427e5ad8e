-- fails: cascade at 3:29
CREATE STREAM a WITH (topic='x') AS SELECT * FROM t;
INSERT INTO b SELECT * FROM a
