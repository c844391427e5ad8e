-- fails: type_mismatch at 3:30, CAST it
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT upper(id) AS x FROM orders
