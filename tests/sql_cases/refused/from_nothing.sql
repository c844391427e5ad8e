-- fails: no_source at 2:24, add FROM stream
INSERT INTO big SELECT 1 AS one
