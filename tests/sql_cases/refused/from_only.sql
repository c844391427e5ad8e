-- fails: unsupported_clause at 3:32, quote it if it is a name
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM ONLY orders
