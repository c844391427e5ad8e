-- accepted
-- @output: big
SELECT * FROM raw
