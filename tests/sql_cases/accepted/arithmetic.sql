-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id + 1 AS a, id - 1 AS b, id * 3 AS c, id / 2 AS d, id % 2 AS e, -id AS f, 1 + 2 * 3 AS g, (1 + 2) * 3 AS h FROM orders
