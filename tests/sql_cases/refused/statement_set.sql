-- fails: unsupported_statement at 2:1
SET threads = 8
