-- fails: syntax_error at 1:1
SELECT 'abc FROM t
