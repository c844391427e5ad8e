-- fails: type_mismatch at 3:36, CAST(… AS VARCHAR)
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT customer || id AS x FROM orders
