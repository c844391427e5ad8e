-- fails: unknown_column at 5:7, did you mean customer?
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id
FROM orders
WHERE customr = 'x'
