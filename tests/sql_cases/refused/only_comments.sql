-- fails: empty_statement at 1:1
-- nothing here
/* nor here */
