-- fails: type_mismatch at 3:24, CAST it to a number
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT customer + 1 AS x FROM orders
