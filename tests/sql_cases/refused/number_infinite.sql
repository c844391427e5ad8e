-- fails: number_too_big at 3:24, BIGINT ends at 9223372036854775807, DOUBLE at 1.8e308
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT 1e999 AS x FROM orders
