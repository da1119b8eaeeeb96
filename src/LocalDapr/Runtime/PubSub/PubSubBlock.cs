using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.MetadataApi;
using LocalDapr.Runtime.PubSub.Delivery;
using LocalDapr.Runtime.PubSub.Subscriptions;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.PubSub;

/// <summary>Publish and subscribe of one sidecar.</summary>
internal sealed partial class PubSubBlock : IBuildingBlock
{
    private readonly Sidecar _sidecar;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly List<ActiveSubscription> _active = [];
    private readonly AppSubscriptions _subscriptions;
    private readonly ISubscriber _app;
    private bool _started;

    public PubSubBlock(Sidecar sidecar)
    {
        (_sidecar, _log, Components) = (sidecar, sidecar.NewLog("pubsub"), new PubSubComponents(sidecar));
        _subscriptions = new AppSubscriptions(sidecar, _log);
        _app = sidecar.App.IsGrpc ? new GrpcSubscriber(sidecar.App, sidecar.Spans) : new HttpSubscriber(sidecar.App, sidecar.Spans);
        sidecar.Metadata.Subscriptions = Listed;
    }

    public PubSubComponents Components { get; }

    /// <summary>Cancelled when the sidecar begins to stop: streams end then.</summary>
    public CancellationToken Stopping => _sidecar.Stopping;

    public Spans? Spans => _sidecar.Spans;

    public ValueTask OpenAsync(CancellationToken cancellation) => Components.OpenAsync();

    public void MapHttp(IEndpointRouteBuilder http) => http.MapPubSub(Components);

    public void MapGrpc(IEndpointRouteBuilder grpc) => grpc.MapPubSub(this);

    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        if (!_sidecar.App.Exists) return;
        _started = true;
        await FollowAsync(cancellation);
    }

    public async ValueTask ReloadAsync(CancellationToken cancellation)
    {
        await Components.OpenAsync();
        if (_started) await FollowAsync(cancellation);
    }

    // Streams stay: they are calls of the app, which ends them itself.
    public async ValueTask DrainAsync(CancellationToken limit)
    {
        _started = false;
        ActiveSubscription[] active;
        lock (_gate)
        {
            active = [.. _active.Where(a => a.Subscription.Kind != SubscriptionKind.Streaming)];
            _active.RemoveAll(active.Contains);
        }
        await Task.WhenAll(active.Select(a => a.StopAsync(limit).AsTask()));
    }

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        ActiveSubscription[] active;
        lock (_gate) active = [.. _active];
        await Task.WhenAll(active.Select(a => a.StopAsync(cancellation).AsTask()));
    }

    /// <summary>Starts a subscription and lists it; <see cref="UnsubscribeAsync"/> or the stop of the block ends it.</summary>
    public async ValueTask<ActiveSubscription> SubscribeAsync(
        PubSubComponent component, Subscription subscription, ISubscriber subscriber, CancellationToken cancellation)
    {
        var active = await ActiveSubscription.StartAsync(_sidecar, component, subscription, subscriber, cancellation);
        lock (_gate) _active.Add(active);
        return active;
    }

    public async ValueTask UnsubscribeAsync(ActiveSubscription active)
    {
        lock (_gate)
            if (!_active.Remove(active))
                return;
        await active.StopAsync(CancellationToken.None);
    }

    // Ends what is no longer wanted or has another component, and begins what is new. Streams are their callers' matter.
    private async Task FollowAsync(CancellationToken cancellation)
    {
        var wanted = await _subscriptions.ReadAsync(cancellation);
        ActiveSubscription[] active;
        lock (_gate) active = [.. _active.Where(a => a.Subscription.Kind != SubscriptionKind.Streaming)];
        var kept = active.Where(a => Components.Find(a.Subscription.PubSub) == a.Component && wanted.Any(s => IsSame(s, a.Subscription))).ToList();
        foreach (var ended in active.Except(kept)) await UnsubscribeAsync(ended);
        foreach (var subscription in wanted.Where(s => !kept.Any(k => IsSame(s, k.Subscription))))
        {
            if (Components.Find(subscription.PubSub) is not { } component) LogNoComponent(_log, subscription.PubSub, subscription.Topic);
            else if (!component.Scopes.MaySubscribe(subscription.Topic)) LogNotAllowed(_log, subscription.Topic, subscription.PubSub);
            else await SubscribeAsync(component, subscription, _app, cancellation);
        }
    }

    private static bool IsSame(Subscription one, Subscription other) =>
        (one.PubSub, one.Topic, one.Kind, one.Source) == (other.PubSub, other.Topic, other.Kind, other.Source);

    private IReadOnlyList<SubscriptionEntry> Listed()
    {
        lock (_gate)
            return
            [
                .. _active.Select(a => a.Subscription).Select(s => new SubscriptionEntry(
                    s.PubSub, s.Topic, s.Kind.ToString().ToUpperInvariant())
                {
                    Metadata = s.Metadata,
                    Rules = [.. s.Routes.Rules.Select(r => (r.Match ?? "", r.Path))],
                    DeadLetterTopic = s.DeadLetterTopic,
                }),
            ];
    }

    [LoggerMessage(EventId = 4031, Level = LogLevel.Error, Message = "No pub/sub component {PubSub}: topic {Topic} is not subscribed")]
    private static partial void LogNoComponent(ILogger logger, string pubSub, string topic);

    [LoggerMessage(EventId = 4032, Level = LogLevel.Error, Message = "Scopes keep this app from topic {Topic} of {PubSub}")]
    private static partial void LogNotAllowed(ILogger logger, string topic, string pubSub);
}
