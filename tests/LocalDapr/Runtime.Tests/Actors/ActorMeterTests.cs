using LocalDapr.Runtime.Telemetry;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>What the metrics port counts of actors.</summary>
public sealed class ActorMeterTests
{
    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private readonly string _type = $"Counted{Guid.NewGuid():N}";

    [Fact]
    public async Task Firings_and_deactivations_are_counted_by_type_and_outcome()
    {
        using var metrics = new SidecarMetrics("app");
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store);

        await SendAsync(one, "1/reminders/well");
        await SendAsync(one, "1/reminders/badly");
        await SendAsync(one, "1/timers/well");
        await SendAsync(one, "1/timers/badly");

        await CountedAsync(metrics, "reminders_fired_total", ",success=\"true\"} 1");
        await CountedAsync(metrics, "reminders_fired_total", ",success=\"false\"} 4");
        await CountedAsync(metrics, "timers_fired_total", ",success=\"true\"} 1");
        await CountedAsync(metrics, "timers_fired_total", ",success=\"false\"} 1");
        await CountedAsync(metrics, "deactivated_total", "} 1");
        await CountedAsync(metrics, "rebalanced_total", "} 1");
    }

    private async Task CountedAsync(SidecarMetrics metrics, string name, string end) => await OneSidecar.EventuallyAsync(
        () => Task.FromResult(metrics.ToText().Contains($"dapr_runtime_actor_{name}{{app_id=\"app\",actor_type=\"{_type}\"{end}\n", StringComparison.Ordinal)),
        $"{name} {end}");

    private async Task SendAsync(OneSidecar one, string route)
    {
        using var body = new StringContent("""{"dueTime":"0s"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await one.Http.PostAsync(
            new Uri($"/v1.0/actors/{_type}/{route}", UriKind.Relative), body, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/dapr/config")
            return context.Response.WriteAsync($$"""{"entities": ["{{_type}}"], "actorIdleTimeout": "6s"}""", context.RequestAborted);
        if (path.EndsWith("/badly", StringComparison.Ordinal)) context.Response.StatusCode = 500;
        return Task.CompletedTask;
    }
}
