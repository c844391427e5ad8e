-- fails: unsupported_clause at 3:26, UNION ALL puts streams together; after * name the columns
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT * EXCEPT (id) FROM orders
