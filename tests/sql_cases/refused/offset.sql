-- fails: unsupported_clause at 3:46, a stream has no end
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders OFFSET 10
