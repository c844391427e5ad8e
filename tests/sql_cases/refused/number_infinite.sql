-- fails: number_too_big at 3:24
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT 1e999 AS x FROM orders
