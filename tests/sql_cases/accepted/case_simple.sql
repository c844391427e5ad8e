-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CASE customer WHEN 'ann' THEN 1 WHEN 'bob' THEN 2 END AS n FROM orders
