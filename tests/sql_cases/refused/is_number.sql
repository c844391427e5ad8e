-- fails: unsupported_expression at 3:24, compare with =
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id IS 5 AS x FROM orders
