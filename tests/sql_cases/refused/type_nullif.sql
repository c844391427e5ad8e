-- fails: type_mismatch at 3:24, CAST one of them, for example CAST(… AS BIGINT)
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT nullif(id, 'x') AS x FROM orders
