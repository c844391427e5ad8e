-- fails: unsupported_clause at 3:39, a stream has no end at which to sort
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders ORDER BY id
