-- fails: unsupported_clause at 3:37
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT DISTINCT ON (id) id FROM orders
