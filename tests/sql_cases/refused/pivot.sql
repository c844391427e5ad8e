-- fails: unsupported_clause at 3:31, aggregates need windows, which come later
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT * FROM orders PIVOT (sum(amount) FOR id IN (1))
