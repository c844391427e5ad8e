-- fails: self_loop at 3:52
CREATE STREAM o (id BIGINT) WITH (topic='t');
CREATE STREAM b WITH (topic='t') AS SELECT id FROM o
