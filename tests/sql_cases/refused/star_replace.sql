-- fails: unsupported_clause at 3:24, name the columns
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT * REPLACE (1 AS id) FROM orders
