-- fails: bad_key at 3:45, name one output field, or mark items PRIMARY KEY, not both
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
CREATE STREAM big WITH (key='id') AS SELECT id PRIMARY KEY FROM orders
