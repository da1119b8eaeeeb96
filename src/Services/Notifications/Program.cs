using Dapr.Client;
using DaprOrders.Notifications.Subscriptions;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddDaprClient();
builder.Services.AddSingleton<CustomerDirectory>();
builder.Services.AddSingleton<TellCustomer>();
builder.Services.AddSingleton(services => new Invocation(services.GetRequiredService<DaprClient>().CreateInvokableHttpClient()));

var app = builder.Build().UseServiceDefaults();
NotificationMetrics.Begin();
app.MapSubscribeHandler();
app.MapOrderEvents();
app.MapDeadLetters();
app.Run();
