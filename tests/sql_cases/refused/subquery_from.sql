-- fails: unsupported_clause at 3:39, no subqueries, no table functions
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT * FROM (SELECT id FROM orders) t
