using System.Diagnostics;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Telemetry;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// A bulk of many orders' events in traces: a span of each event in its order's trace, which the subscribers go on in, and one of the call, which is of no
/// order and links to them. Where nobody listens, only the events' own traces are passed on.
/// </summary>
internal sealed class PublishSpans : IDisposable
{
    private readonly Dictionary<StoredEvent, Activity> events = [];
    private readonly Activity? call;

    private PublishSpans(IReadOnlyList<StoredEvent> published)
    {
        if (!OrderTraces.Source.HasListeners()) return;
        foreach (var stored in published)
        {
            if (!ActivityContext.TryParse(stored.Trace, null, isRemote: true, out var order)) continue;
            if (OrderTraces.Source.StartActivity($"publish {stored.Name}", ActivityKind.Producer, order, [new("messaging.message.id", stored.Id)]) is { } span) events[stored] = span;
        }

        Activity.Current = null;
        call = OrderTraces.Source.StartActivity("publish events of orders", ActivityKind.Client, default(ActivityContext), links: events.Values.Select(span => new ActivityLink(span.Context)));
    }

    public static PublishSpans Begin(IReadOnlyList<StoredEvent> published) => new(published);

    public string? TraceOf(StoredEvent stored) => events.TryGetValue(stored, out var span) ? span.Id : stored.Trace;

    public void Fail(Func<StoredEvent, bool> isFailed, string reason)
    {
        call?.SetStatus(ActivityStatusCode.Error, reason);
        foreach (var (stored, span) in events)
            if (isFailed(stored)) span.SetStatus(ActivityStatusCode.Error, reason);
    }

    public void Dispose()
    {
        call?.Dispose();
        foreach (var span in events.Values) span.Dispose();
        if (OrderTraces.Source.HasListeners()) Activity.Current = null;
    }
}
