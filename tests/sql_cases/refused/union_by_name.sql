-- fails: unsupported_clause at 3:24, UNION ALL puts fields together by name as it is
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders UNION ALL BY NAME SELECT id FROM orders
