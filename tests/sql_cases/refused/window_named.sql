-- fails: unsupported_clause at 3:46, windows come later
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WINDOW w AS (PARTITION BY id)
