using DaprOrders.Inventory;

Service.Build(args).Run();
