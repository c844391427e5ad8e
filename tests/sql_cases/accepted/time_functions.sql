-- accepted
CREATE STREAM raw (ts BIGINT, at TIMESTAMP, day DATE);
INSERT INTO big SELECT from_epoch_ms(ts) AS a, to_epoch_ms(at) AS b, date_trunc('hour', at) AS c, date_part('month', day) AS d, strftime(at, '%Y/%m/%d') AS e, strptime('2020-01-02', '%Y-%m-%d') AS f, year(day) AS g, hour(at) AS h, at < TIMESTAMP '2030-01-01 00:00:00' AS i, day AS j, at AS k FROM raw
