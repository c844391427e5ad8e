-- fails: unsupported_statement at 2:1
ATTACH 'x.db'
