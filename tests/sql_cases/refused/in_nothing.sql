-- fails: unsupported_expression at 3:45, write IN (1, 2)
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WHERE id IN ()
