-- fails: unknown_stream at 3:24, it reads orders
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT other.id FROM orders
