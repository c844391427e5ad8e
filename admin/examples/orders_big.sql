-- @name: orders_big
-- @version: 1
-- @description: orders above 100, with tax

CREATE STREAM orders (order_id BIGINT, customer VARCHAR, amount DOUBLE, country VARCHAR, ts BIGINT)
WITH (topic = 'orders', format = 'json', timestamp = 'ts');

CREATE STREAM big_orders WITH (topic = 'big_orders') AS
SELECT order_id,
       upper(customer) AS customer,
       amount * 1.19 AS gross,
       CASE WHEN amount > 800 THEN 'large' ELSE 'medium' END AS size
FROM orders
WHERE amount > 100 AND country <> 'XX';
