-- fails: unsupported_clause at 3:39, window functions come later
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders QUALIFY id > 1
