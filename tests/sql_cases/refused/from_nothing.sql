-- fails: no_source at 2:24
INSERT INTO big SELECT 1 AS one
