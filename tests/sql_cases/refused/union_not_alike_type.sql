-- fails: not_alike at 3:56, give every field in each, CAST to the same type
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders UNION ALL SELECT customer AS id FROM orders
