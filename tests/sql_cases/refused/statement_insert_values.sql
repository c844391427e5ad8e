-- fails: unsupported_clause at 2:15
INSERT INTO t VALUES (1)
