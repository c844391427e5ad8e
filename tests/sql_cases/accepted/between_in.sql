-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WHERE id BETWEEN 1 AND 3 AND customer IN ('ann', 'bob') AND id NOT IN (2)
