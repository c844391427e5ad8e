-- fails: unknown_function at 3:24, docs/sql.md lists the functions
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT getenv('HOME') AS x FROM orders
