-- fails: unsupported_statement at 2:1
PRAGMA version
