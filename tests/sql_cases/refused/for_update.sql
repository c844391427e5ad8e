-- fails: unsupported_clause at 3:24, a stream has nothing to lock: leave it out
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders FOR UPDATE
