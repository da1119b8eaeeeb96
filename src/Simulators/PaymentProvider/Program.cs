using DaprOrders.PaymentProvider;
using Microsoft.AspNetCore.Server.Kestrel.Core;

DaprOrders.ServiceDefaults.SelfProbe.ExitIfAsked(args);
var builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders().AddJsonConsole().AddFilter("Microsoft", LogLevel.Warning);
builder.WebHost.UseUrls($"http://{builder.Configuration["DAPRORDERS_BIND"] ?? "127.0.0.1"}:{builder.Configuration["PAYMENT_PROVIDER_PORT"] ?? "5199"}");
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 64 * 1024);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<Faults>();
builder.Services.AddSingleton(services => new Ledger(
    Path.Combine(builder.Configuration["DAPRORDERS_DATA"] ?? "data/run", "provider.db"), services.GetRequiredService<TimeProvider>()));

var app = builder.Build();
app.MapOperations();
app.MapLedger();
app.MapPut("/faults", (FaultSettings settings, Faults faults) => { faults.Set(settings); return Results.Ok(settings); });
foreach (var status in new[] { "live", "started", "ready" }) app.MapGet($"/health/{status}", () => Results.Ok(new { status })); // its ledger is open before it listens
_ = app.Services.GetRequiredService<Ledger>();
app.Run();
