-- fails: unsupported_clause at 3:26
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT * EXCEPT (id) FROM orders
