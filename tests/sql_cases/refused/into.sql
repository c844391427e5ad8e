-- fails: unsupported_clause at 3:32, INSERT INTO … SELECT … says where to write
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id INTO other FROM orders
