using DaprOrders.Notifications.DeadLetters;
using DaprOrders.Notifications.Subscriptions;
using DaprOrders.Notifications.Webhooks;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications;

/// <summary>The whole service; tests begin it as Program does.</summary>
internal static class Service
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
        builder.Services.AddDaprClient();
        builder.Services.AddSingleton<CustomerDirectory>();
        builder.Services.AddSingleton<TellCustomer>();
        builder.Services.AddSingleton<OrderNews>();
        builder.Services.AddSingleton<FailureNotes>();
        builder.Services.AddSingleton<DeadLetterIndex>();
        builder.Services.AddSingleton<DeadLetterStore>();
        builder.Services.AddSingleton<GivingUp>();
        builder.Services.AddSingleton<SendWebhook>();
        builder.Services.AddSingleton<WebhookJournal>();
        builder.Services.AddSingleton<WebhookQueue>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WebhookQueue>());
        builder.Services.AddSingleton<ReplayEvent>();
        builder.Services.AddSingleton<Replays>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Replays>());
        builder.Services.AddInvocation();

        var app = builder.Build().UseServiceDefaults();
        NotificationMetrics.Begin();
        app.MapSubscribeHandler();
        app.MapOrderEvents();
        app.MapDeadLetterTopics();
        app.MapDeadLetters();
        return app;
    }
}
