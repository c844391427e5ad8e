-- fails: unsupported_clause at 2:31, no files; a name in quotes is written "so"
INSERT INTO big SELECT * FROM 'orders.parquet'
