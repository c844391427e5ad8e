-- fails: self_loop at 2:34
INSERT INTO orders SELECT * FROM orders
