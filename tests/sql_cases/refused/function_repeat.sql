-- fails: unknown_function at 3:24, did you mean replace?
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT repeat('x', 2000000000) AS x FROM orders
