-- fails: syntax_error at 3:41
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT customer NOTNULL + 1 AS a FROM orders
