-- fails: unsupported_clause at 2:31, no subqueries, no table functions
INSERT INTO big SELECT * FROM query('select 1')
