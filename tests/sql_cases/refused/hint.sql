-- fails: unsupported_clause at 1:2
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT /*+ fast(orders) */ id FROM orders
