-- fails: duplicate_name at 3:1, INSERT INTO
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
CREATE STREAM orders WITH (topic='x') AS SELECT * FROM raw
