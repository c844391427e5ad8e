-- accepted
INSERT INTO big SELECT _key, _partition, _offset, _timestamp, CAST(a AS BIGINT) AS a FROM raw WHERE _offset > 0
