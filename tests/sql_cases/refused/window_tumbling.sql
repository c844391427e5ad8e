-- fails: unsupported_clause at 3:39, every record's output is written at once; windows come later
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WINDOW TUMBLING (SIZE 1 MINUTE)
