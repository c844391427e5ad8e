-- fails: unknown_type at 2:21
CREATE STREAM o (id BLOB) WITH (topic='o');
INSERT INTO big SELECT id FROM o
