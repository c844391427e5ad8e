-- fails: type_mismatch at 3:34, CAST one of them, for example CAST(… AS INTEGER)
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CASE WHEN ok THEN 1 ELSE 'x' END AS x FROM orders
