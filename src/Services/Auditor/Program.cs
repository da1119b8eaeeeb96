using DaprOrders.Auditor;

Service.Build(args).Run();
