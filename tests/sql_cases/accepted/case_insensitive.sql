-- accepted
create stream orders (id bigint, customer varchar, amount double, ok boolean) with (topic='orders');
insert into big select ID, Orders.Amount as a from ORDERS where OK
