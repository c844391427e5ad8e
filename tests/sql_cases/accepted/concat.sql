-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT customer || '-' || CAST(id AS VARCHAR) AS a, concat(customer, NULL, id) AS b FROM orders
