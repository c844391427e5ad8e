-- fails: unknown_function at 3:24, did you mean greatest?
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT read_text('/etc/passwd') AS x FROM orders
