-- fails: unsupported_clause at 3:24, no hints
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT /*+ fast(orders) */ id FROM orders
