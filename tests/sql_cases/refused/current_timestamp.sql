-- fails: volatile_function at 3:24
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT CURRENT_TIMESTAMP AS t FROM orders
