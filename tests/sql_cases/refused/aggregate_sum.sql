-- fails: unsupported_clause at 3:24, aggregates need windows, which come later
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT sum(amount) AS s FROM orders
