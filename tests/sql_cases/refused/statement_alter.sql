-- fails: unsupported_statement at 2:1
ALTER TABLE t ADD c INT
