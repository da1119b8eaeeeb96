using DaprOrders.Customers.Features;
using DaprOrders.Customers.Profiles;
using DaprOrders.Customers.Tokens;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers;

/// <summary>The whole service; tests begin it as Program does.</summary>
internal static class Service
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
        builder.Services.AddDaprClient();
        builder.Services.AddInvocation();
        builder.Services.AddSingleton<EmailClaims>();
        builder.Services.AddSingleton<CustomerStore>();
        builder.Services.AddSingleton<KeyedAnswers>();
        builder.Services.AddSingleton<CustomerRules>();
        builder.Services.AddSingleton<Registration>();
        builder.Services.AddSingleton<LimitNews>();
        builder.Services.AddSingleton(services => new SigningKeys(Path.Combine(builder.Configuration["DAPRORDERS_DATA"] ?? "data/run", "keys"),
            builder.Configuration.GetValue("Auth:KeyLifetime", TimeSpan.FromDays(30)), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<KeyRotation>();

        var app = builder.Build().UseServiceDefaults();
        _ = app.Services.GetRequiredService<SigningKeys>();
        app.MapTokens();
        app.MapCustomers();
        app.MapInternal();
        return app;
    }
}
