-- fails: type_mismatch at 3:29, write it out: x <> 0, or CASE WHEN x THEN 1 ELSE 0 END
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CAST(ok AS INTEGER) AS x FROM orders
