-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT '
-- @nope: x' AS a /* 
-- @nope: y */ FROM orders
