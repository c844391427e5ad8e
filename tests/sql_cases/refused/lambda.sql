-- fails: unknown_function at 3:24, docs/sql.md lists the functions
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT list_transform([1], x -> x + 1) AS l FROM orders
