-- fails: unsupported_clause at 2:31, a stream has no database; a name with a dot in it is written "a.b"
INSERT INTO big SELECT * FROM main.orders
