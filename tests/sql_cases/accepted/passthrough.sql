-- accepted
INSERT INTO big SELECT * FROM raw
