using DaprOrders.Gateway.Edge;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.WebHost.UseUrls($"http://127.0.0.1:{builder.Configuration["DAPRORDERS_PORT"] ?? "8080"}");
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = Defaults.MaxBodyBytes);
builder.Services.AddSingleton<Services>();
builder.Services.AddSingleton<IssuerKeys>();
builder.Services.AddSingleton<TokenValidation>();
ServiceHealth.Add(builder.Services);

var app = builder.Build().UseServiceDefaults();
app.MapEdge();
app.Run();
