-- fails: cascade at 3:29, write two jobs: one that writes the topic, one that reads it
CREATE STREAM a WITH (topic='x') AS SELECT * FROM t;
INSERT INTO b SELECT * FROM a
