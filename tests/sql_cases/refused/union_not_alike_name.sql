-- fails: not_alike at 3:56
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders UNION ALL SELECT id AS number FROM orders
