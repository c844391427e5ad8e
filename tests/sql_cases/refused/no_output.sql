-- fails: no_output at 2:1
SELECT * FROM orders
