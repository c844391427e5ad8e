-- fails: unsupported_statement at 2:1
GRANT x TO y
