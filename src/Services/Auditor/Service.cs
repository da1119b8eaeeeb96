using DaprOrders.Auditor.Reconciliation;
using DaprOrders.Auditor.Saved;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Auditor;

/// <summary>The whole service; tests begin it as Program does.</summary>
internal static class Service
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
        builder.Services.AddDaprClient();
        builder.Services.AddInvocation();
        builder.Services.AddSingleton(services => new Sources(
            services.GetRequiredService<Invocation>(),
            new HttpClient(OutgoingHttp.Handler()) { BaseAddress = new Uri(builder.Configuration["PAYMENT_PROVIDER_URL"] ?? "http://127.0.0.1:5199"), Timeout = TimeSpan.FromSeconds(30) }));
        builder.Services.AddSingleton<FollowBooks>();
        builder.Services.AddSingleton<BookStore>();
        builder.Services.AddSingleton<Audit>();
        builder.Services.AddHostedService<AuditLoop>();

        var app = builder.Build().UseServiceDefaults();
        app.MapSubscribeHandler();
        app.MapOrderEnds();
        app.MapAudit();
        return app;
    }
}
