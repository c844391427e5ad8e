-- fails: unsupported_expression at 3:55, docs/sql.md says what the language has
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WHERE id = ANY (1)
