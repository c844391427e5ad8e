-- fails: bad_key at 3:27, it comes last in an item of a SELECT
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id PRIMARY KEY + 1 AS x FROM orders
