-- fails: unsupported_clause at 3:24, name the columns
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT *, id AS again FROM orders
