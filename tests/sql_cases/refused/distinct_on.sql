-- fails: unsupported_clause at 3:37, a stream has no end at which to know what is distinct
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT DISTINCT ON (id) id FROM orders
