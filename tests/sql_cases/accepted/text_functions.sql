-- accepted
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT upper(customer) AS a, length(customer) AS b, substring(customer, 2) AS c, substring(customer, 1, 2) AS d, left(customer, 1) AS e, replace(customer, 'n', 'mm') AS f, strpos(customer, 'n') AS g, split_part(customer, 'n', 1) AS h, trim('  x ') AS i, reverse(customer) AS j, contains(customer, 'nn') AS k FROM orders
