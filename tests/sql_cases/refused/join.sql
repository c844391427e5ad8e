-- fails: unsupported_clause at 3:39, joins come later; one SELECT reads one stream
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders JOIN other ON id = id
