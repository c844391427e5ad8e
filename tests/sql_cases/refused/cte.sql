-- fails: unsupported_statement at 2:1
WITH x AS (SELECT 1 AS a) SELECT a FROM x
