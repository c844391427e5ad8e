-- fails: unsupported_statement at 2:1
EXPORT DATABASE 'x'
