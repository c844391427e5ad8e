-- fails: unknown_stream at 2:29
INSERT INTO big SELECT CAST(x.a AS BIGINT) AS a FROM raw
