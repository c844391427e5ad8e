-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WHERE amount > 1;
INSERT INTO all_ids SELECT id FROM orders;
