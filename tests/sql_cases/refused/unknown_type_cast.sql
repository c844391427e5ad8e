-- fails: unknown_type at 3:29, types: BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, TIMESTAMP, VARCHAR, DECIMAL(digits, of them decimals)
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CAST(id AS BLOB) AS x FROM orders
