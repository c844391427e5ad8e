-- fails: syntax_error at 3:29, name the fields, or write *
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT FROM orders
