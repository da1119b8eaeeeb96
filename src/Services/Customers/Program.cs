using DaprOrders.Customers.Features;
using DaprOrders.Customers.Tokens;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddDaprClient();
builder.Services.AddSingleton<CustomerStore>();
builder.Services.AddSingleton(_ => new SigningKey(Path.Combine(builder.Configuration["DAPRORDERS_DATA"] ?? "data/run", "keys")));

var app = builder.Build().UseServiceDefaults();
_ = app.Services.GetRequiredService<SigningKey>();
app.MapTokens();
app.MapCustomers();
app.MapInternal();
app.Run();
