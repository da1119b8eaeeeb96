using DaprOrders.Contracts;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaprOrders.Gateway.Edge;

/// <summary>The shop is ready when a service is reachable and says that it is ready.</summary>
internal sealed class ServiceHealth(Services services, string app, string path) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var request = services.Request(HttpMethod.Get, app, path);
            using var answer = await services.SendAsync(request, cancellationToken).WaitAsync(TimeSpan.FromSeconds(5), cancellationToken);
            return answer.IsSuccessStatusCode ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"answers {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("cannot be reached");
        }
    }

    public static void Add(IServiceCollection services)
    {
        var checks = services.AddHealthChecks();
        foreach (var (app, path) in new[] { (Apps.Ordering, "health/ready"), (Apps.Inventory, "health/live"), (Apps.Customers, "health/live"), (Apps.Payments, "health/live"), (Apps.Auditor, "health/live") })
        {
            checks.Add(new HealthCheckRegistration(app, provider => new ServiceHealth(provider.GetRequiredService<Services>(), app, path), HealthStatus.Unhealthy, [ServiceDefaults.Health.ReadyTag]));
        }
    }
}
