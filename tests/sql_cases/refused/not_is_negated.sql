-- fails: syntax_error at 3:41, docs/sql.md says what the language has
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT customer NOTNULL + 1 AS a FROM orders
