-- fails: undeclared_column at 2:24, CAST(amount AS DOUBLE), or declare it: CREATE STREAM orders (amount DOUBLE, …) WITH (…)
INSERT INTO big SELECT amount * 2 AS x FROM orders
