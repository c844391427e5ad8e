-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT coalesce(customer, 'nobody') AS a, nullif(id, 1) AS b, ifnull(amount, 0.0) AS c, id IS NULL AS d, ok IS NOT TRUE AS e, id IS DISTINCT FROM 1 AS f, NULL AS g FROM orders
