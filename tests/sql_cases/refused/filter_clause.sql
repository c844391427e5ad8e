-- fails: unsupported_expression at 3:24, docs/sql.md says what the language has
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT sum(amount) FILTER (WHERE ok) AS s FROM orders
