-- fails: duplicate_name at 3:28, rename one with AS
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id, amount AS id FROM orders
