-- fails: unsupported_statement at 2:1
UPDATE t SET a = 1
