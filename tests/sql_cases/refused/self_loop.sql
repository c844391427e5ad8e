-- fails: self_loop at 2:34, write two jobs: one that writes the topic, one that reads it
INSERT INTO orders SELECT * FROM orders
