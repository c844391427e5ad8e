-- fails: unknown_column at 3:24, orders has id, customer, amount, ok
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT "Id" FROM orders
