-- fails: wrong_arguments at 3:47, write the text itself
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT replace(customer, 'a', customer) AS x FROM orders
