-- fails: unsupported_statement at 2:1
VALUES (1)
