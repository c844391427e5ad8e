-- fails: not_alike at 3:56, name the fields in each SELECT
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders UNION ALL SELECT * FROM raw
