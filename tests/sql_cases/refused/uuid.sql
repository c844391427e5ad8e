-- fails: volatile_function at 3:24, take a time from the record; @deterministic: false is for jobs that may differ from run to run
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT uuid() AS u FROM orders
