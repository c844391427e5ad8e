-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT abs(-id) AS a, round(amount) AS b, round(2.345, 2) AS c, floor(amount) AS d, ceil(amount) AS e, sqrt(amount + 1.5) AS f, power(2, 10) AS g, greatest(id, 7) AS h, least(id, 7) AS i, sign(-2) AS j FROM orders
