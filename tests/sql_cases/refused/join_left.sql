-- fails: unsupported_clause at 3:44, joins come later; one SELECT reads one stream
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders LEFT JOIN other USING (id)
