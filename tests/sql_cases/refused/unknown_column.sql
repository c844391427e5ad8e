-- fails: unknown_column at 3:24, did you mean amount?
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT amuont FROM orders
