-- fails: unsupported_statement at 2:1
INSTALL httpfs
