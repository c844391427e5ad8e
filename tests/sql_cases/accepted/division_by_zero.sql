-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT 10 / id AS a, id % id AS b FROM orders
