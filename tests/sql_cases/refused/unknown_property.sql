-- fails: unknown_property at 2:1, known: format, timestamp, topic
CREATE STREAM o (id BIGINT) WITH (topic='o', retention='1d');
INSERT INTO big SELECT id FROM o
