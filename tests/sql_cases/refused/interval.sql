-- fails: unsupported_expression at 3:33, docs/sql.md says what the language has
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT INTERVAL '1' DAY AS i FROM orders
