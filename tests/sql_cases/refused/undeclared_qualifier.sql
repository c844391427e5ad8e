-- fails: unknown_stream at 2:29, it reads raw
INSERT INTO big SELECT CAST(x.a AS BIGINT) AS a FROM raw
