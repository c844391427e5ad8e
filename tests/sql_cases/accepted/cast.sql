-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CAST(id AS VARCHAR) AS a, CAST('12' AS BIGINT) AS b, id::DOUBLE AS c, CAST(amount AS BIGINT) AS d, DATE '2020-02-29' AS e FROM orders
