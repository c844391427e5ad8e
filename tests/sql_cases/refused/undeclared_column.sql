-- fails: undeclared_column at 2:24
INSERT INTO big SELECT amount * 2 AS x FROM orders
