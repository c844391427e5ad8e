-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id PRIMARY KEY, customer FROM orders UNION ALL SELECT id, customer PRIMARY KEY FROM orders
