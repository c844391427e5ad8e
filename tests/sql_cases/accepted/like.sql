-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders WHERE customer LIKE 'a%' OR customer ILIKE 'B_b' OR customer NOT LIKE '%e%'
