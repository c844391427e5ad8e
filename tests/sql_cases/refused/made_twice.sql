-- fails: duplicate_name at 3:1, INSERT INTO
CREATE STREAM b WITH (topic='x') AS SELECT * FROM t;
CREATE STREAM b WITH (topic='y') AS SELECT * FROM u
