-- fails: undeclared_column at 2:44
INSERT INTO big SELECT * FROM orders WHERE amount > 5
