using DaprOrders.Gateway.Edge;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.WebHost.UseUrls(builder.Configuration.UrlOf(builder.Configuration["DAPRORDERS_PORT"] ?? "8080"));
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = Defaults.MaxBodyBytes);
builder.Services.AddSingleton<Services>();
builder.Services.AddSingleton<IssuerKeys>();
builder.Services.AddSingleton<TokenValidation>();
ServiceHealth.Add(builder.Services);

var app = builder.Build().UseServiceDefaults(isPublicEdge: true);
app.MapEdge();
app.Run();
