-- fails: not_alike at 3:32, give every field in each, CAST to the same type
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO orders SELECT CAST(id AS BIGINT) AS id FROM raw
