-- fails: undeclared_column at 2:44, CAST(amount AS DOUBLE), or declare it: CREATE STREAM orders (amount DOUBLE, …) WITH (…)
INSERT INTO big SELECT * FROM orders WHERE amount > 5
