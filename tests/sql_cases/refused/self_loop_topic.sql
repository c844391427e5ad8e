-- fails: self_loop at 3:52, write to another topic; what one job writes another can read
CREATE STREAM o (id BIGINT) WITH (topic='t');
CREATE STREAM b WITH (topic='t') AS SELECT id FROM o
