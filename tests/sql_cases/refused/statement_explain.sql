-- fails: unsupported_statement at 2:1
EXPLAIN SELECT 1
