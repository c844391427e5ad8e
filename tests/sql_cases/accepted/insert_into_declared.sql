-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
CREATE STREAM big (id BIGINT) WITH (topic='other');
INSERT INTO big SELECT id FROM orders
