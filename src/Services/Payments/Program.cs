using DaprOrders.Payments.Features;
using DaprOrders.Payments.Ledger;
using DaprOrders.Payments.Provider;
using DaprOrders.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddDaprClient();
builder.Services.AddSingleton<PaymentStore>();
builder.Services.AddSingleton<CarryOut>();
builder.Services.AddSingleton(services => new ProviderClient(
    ProviderClient.Http(new Uri(builder.Configuration["PAYMENT_PROVIDER_URL"] ?? "http://127.0.0.1:5199")),
    ProviderGuard.Build(services.GetRequiredService<TimeProvider>())));

var app = builder.Build().UseServiceDefaults();
app.MapPayments();
app.Run();
