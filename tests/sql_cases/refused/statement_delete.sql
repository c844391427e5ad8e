-- fails: unsupported_statement at 2:1
DELETE FROM t
