using DaprOrders.Notifications.Subscriptions;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddDaprClient();

var app = builder.Build().UseServiceDefaults();
app.MapSubscribeHandler();
app.MapOrderEvents();
app.MapDeadLetters();
app.Run();
