-- fails: syntax_error at 1:1, close what was opened
SELECT 'abc FROM t
