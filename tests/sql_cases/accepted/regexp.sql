-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT regexp_matches(customer, 'n+') AS a, regexp_extract(customer, 'a(n+)', 1) AS b, regexp_replace(customer, 'n', 'm') AS c FROM orders
