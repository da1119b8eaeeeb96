using DaprOrders.Notifications;

Service.Build(args).Run();
