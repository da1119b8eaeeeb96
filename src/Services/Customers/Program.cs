using DaprOrders.Customers;

Service.Build(args).Run();
