-- fails: unsupported_expression at 3:30, docs/sql.md says what the language has
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT {'a': 1} AS s FROM orders
