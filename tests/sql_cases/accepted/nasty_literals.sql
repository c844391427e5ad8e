-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT 'it''s "; drop table x --' AS a, '\n' AS b, '' AS c, 'é☃' AS d FROM orders
