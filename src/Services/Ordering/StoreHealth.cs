using DaprOrders.Ordering.EventStore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaprOrders.Ordering;

/// <summary>Ready means that an order could be stored durably now.</summary>
internal sealed class StoreHealth(OrderEventStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.ProbeAsync().WaitAsync(TimeSpan.FromSeconds(5), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e)
        {
            return HealthCheckResult.Unhealthy("the event store takes no commit", e);
        }
    }
}
