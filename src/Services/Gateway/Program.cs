using DaprOrders.Gateway.Contract;
using DaprOrders.Gateway.Edge;
using DaprOrders.Gateway.Grpc;
using DaprOrders.Gateway.Placing;
using DaprOrders.ServiceDefaults;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
var (port, grpcPort) = Ports.Of(builder.Configuration);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = 4 * Defaults.MaxBodyBytes; // what is a little over the contract's limit is read to its end, so that the client gets to read its 413
    kestrel.Listen(Ports.Address(builder.Configuration), port);
    kestrel.Listen(Ports.Address(builder.Configuration), grpcPort, listen => listen.Protocols = HttpProtocols.Http2); // clear text: it cannot share the HTTP port
});
builder.Services.AddSingleton<Services>();
builder.Services.AddSingleton<IssuerKeys>();
builder.Services.AddSingleton<TokenValidation>();
builder.Services.AddSingleton<Placer>();
builder.Services.AddSingleton<CustomerRate>();
builder.Services.AddSingleton<OrdersService>();
ServiceHealth.Add(builder.Services);

var app = builder.Build().UseServiceDefaults(isPublicEdge: true);
app.MapEdge();
app.MapContract();
app.Services.GetRequiredService<OrdersService>().Map(app);
app.Run();
