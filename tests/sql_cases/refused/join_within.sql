-- fails: unsupported_clause at 3:41, joins come later; one SELECT reads one stream
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders o JOIN pay p WITHIN 5 MINUTES ON o.id = p.id
