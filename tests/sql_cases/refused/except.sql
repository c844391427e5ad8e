-- fails: unsupported_clause at 3:39, UNION ALL puts streams together; after * name the columns
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders EXCEPT SELECT id FROM orders
