-- fails: unsupported_clause at 3:40, joins come later; one job reads one stream in each SELECT
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders, other
