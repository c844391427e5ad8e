-- fails: unsupported_clause at 3:32, a job reads every record; choose some with WHERE
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders TABLESAMPLE (10 PERCENT)
