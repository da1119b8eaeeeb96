using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

/// <summary>
/// Tells Ordering of a changed limit before the change is answered, so that the next order is measured by it. When Ordering is away nothing is lost: what
/// it remembers of a limit ends by itself within seconds.
/// </summary>
internal sealed partial class LimitNews(Invocation invoke, ILogger<LimitNews> log)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    public sealed record Change(string CustomerId, long? OrderLimit);

    public async Task TellAsync(string customerId, long? limit, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        either.CancelAfter(Longest);
        try
        {
            await invoke.PostAsync(Apps.Ordering, "internal/limits/changed", new Change(customerId, limit), either.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            NotTold(log, customerId, e.Message);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Ordering was not told of the new limit of {CustomerId}: {Reason}")]
    private static partial void NotTold(ILogger logger, string customerId, string reason);
}
