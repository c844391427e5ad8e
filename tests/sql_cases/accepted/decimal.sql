-- accepted
CREATE STREAM raw (p DECIMAL(10,2), n BIGINT);
INSERT INTO big SELECT p, p * n AS total, p + p AS two, p / 3 AS third, p > 1 AS more FROM raw
