-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CAST(customer AS BIGINT) AS n FROM orders
