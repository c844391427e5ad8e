-- accepted
CREATE STREAM o (id BIGINT) WITH (topic='orders', format='json', timestamp='id');
CREATE STREAM big WITH (topic='big.orders') AS SELECT id FROM o
