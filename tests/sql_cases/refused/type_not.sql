-- fails: type_mismatch at 3:28, compare it with something
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT NOT customer AS x FROM orders
