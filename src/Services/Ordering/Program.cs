using DaprOrders.Ordering;
using DaprOrders.Ordering.Catalogue;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Features;
using DaprOrders.Ordering.Publishing;
using DaprOrders.Ordering.Saga;
using DaprOrders.Ordering.Telemetry;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
var options = OrderingOptions.From(builder.Configuration);
if (args is ["--migrate"]) return await Migration.RunAsync(options);
builder.Services.AddSingleton(options);
builder.Services.AddDaprClient();
builder.Services.AddInvocation();
builder.Services.AddActors(null);
builder.Services.AddSagas();
builder.Services.AddEventStore(options);
builder.Services.AddSingleton<OrderMetrics>();
builder.Services.AddSingleton<Prices>();
builder.Services.AddSingleton<Limits>();
builder.Services.AddSingleton<Terms>();
builder.Services.AddSingleton<PlaceOrder>();
builder.Services.AddSingleton<StreamOrders>();
builder.Services.AddSingleton<ReadModel>();
builder.Services.AddHostedService(services => services.GetRequiredService<Shares>()); // first: the last to stop
builder.Services.AddHostedService<SagaDispatcher>();
builder.Services.AddHostedService<SagaWatch>();
builder.Services.AddSingleton<OrdersTopic>();
builder.Services.AddHostedService<Relay>();
builder.Services.AddHostedService<AnswerRetention>();
builder.Services.AddHealthChecks().AddCheck<StoreHealth>("event store", tags: [Health.ReadyTag]);

var app = builder.Build().UseServiceDefaults();
_ = app.Services.GetRequiredService<OrderMetrics>(); // counts from the first order on
app.MapOrders();
app.MapInternal();
app.Run();
return 0;
