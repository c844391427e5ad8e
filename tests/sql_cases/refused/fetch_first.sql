-- fails: unsupported_clause at 3:51, a stream has no end; stop the job instead
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id FROM orders FETCH FIRST 3 ROWS ONLY
