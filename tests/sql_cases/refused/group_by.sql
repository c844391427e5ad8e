-- fails: unsupported_clause at 3:39, aggregates need windows, which come later
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders GROUP BY id
