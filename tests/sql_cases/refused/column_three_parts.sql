-- fails: unsupported_expression at 3:24, write stream.column
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT a.orders.id FROM orders
