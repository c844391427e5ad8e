-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT ok AND id > 0 AS a, ok OR id > 5 AS b, NOT ok AS c FROM orders
