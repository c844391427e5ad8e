-- fails: unsupported_clause at 2:31
INSERT INTO big SELECT * FROM read_csv('/etc/passwd')
