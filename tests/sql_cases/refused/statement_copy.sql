-- fails: unsupported_statement at 2:1
COPY orders TO '/tmp/x'
