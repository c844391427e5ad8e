-- fails: unsupported_clause at 3:39, UNION ALL puts streams together
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders INTERSECT SELECT id FROM orders
