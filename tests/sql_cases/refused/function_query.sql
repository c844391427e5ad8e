-- fails: unknown_function at 3:24, did you mean upper?
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT query('select 1') AS x FROM orders
