-- fails: unsupported_clause at 3:39, write UNION ALL: a stream has no end at which to know what is distinct
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders UNION SELECT id FROM orders
