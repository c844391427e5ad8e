-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
CREATE STREAM big WITH (key='id') AS SELECT id FROM orders
