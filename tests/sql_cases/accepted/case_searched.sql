-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CASE WHEN amount > 2 THEN 'big' WHEN amount > 1 THEN 'mid' ELSE 'small' END AS size FROM orders
