-- fails: type_mismatch at 3:29
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CAST(ok AS INTEGER) AS x FROM orders
