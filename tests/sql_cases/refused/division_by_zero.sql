-- fails: division_by_zero at 3:24, divide by another number
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id / 0 AS x FROM orders
