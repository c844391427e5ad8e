-- fails: unknown_property at 2:1, json
CREATE STREAM o (id BIGINT) WITH (topic='o', format='avro');
INSERT INTO big SELECT id FROM o
