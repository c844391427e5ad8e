-- fails: unsupported_statement at 4:1, statements are CREATE STREAM …, INSERT INTO … SELECT …, or SELECT …
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders;
DROP TABLE orders
