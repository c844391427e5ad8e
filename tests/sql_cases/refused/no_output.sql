-- fails: no_output at 2:1, write CREATE STREAM big WITH (topic='big') AS SELECT …, or -- @output: big
SELECT * FROM orders
