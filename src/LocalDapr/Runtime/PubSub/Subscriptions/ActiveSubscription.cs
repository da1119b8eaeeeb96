using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub.Delivery;
using LocalDapr.Runtime.PubSub.Log;

namespace LocalDapr.Runtime.PubSub.Subscriptions;

/// <summary>A subscription whose messages are being delivered, from <see cref="StartAsync"/> until <see cref="StopAsync"/>.</summary>
internal sealed class ActiveSubscription
{
    private readonly LogConsumer _consumer;

    private ActiveSubscription(Subscription subscription, PubSubComponent component, LogConsumer consumer) =>
        (Subscription, Component, _consumer) = (subscription, component, consumer);

    public Subscription Subscription { get; }

    public PubSubComponent Component { get; }

    public static async ValueTask<ActiveSubscription> StartAsync(
        Sidecar sidecar, PubSubComponent component, Subscription subscription, ISubscriber subscriber, CancellationToken cancellation)
    {
        var log = sidecar.NewLog("pubsub");
        var time = sidecar.Host.Time;
        // Asked for each time: the policies may change while messages come in.
        var deliverer = new Deliverer(subscription, subscriber, () => sidecar.Resiliency.ComponentInbound(component.Component), PublishRaw, time, log);
        var options = ConsumerOptions.Of(component.Component) with
        {
            BatchSize = subscription.Bulk?.MaxMessages ?? 1,
            BatchWait = subscription.Bulk?.MaxWait ?? TimeSpan.Zero,
        };
        var group = component.Component.Get("consumerID", sidecar.Options.AppId);
        var consumers = subscription.Topic.EndsWith('*') && ComponentTypes.Capabilities(component.Component).Contains("SUBSCRIBE_WILDCARDS")
            ? await component.Log.JoinPatternAsync(subscription.Topic, group, options.FromOldest, cancellation)
            : await component.Log.JoinAsync(subscription.Topic, group, options.FromOldest, cancellation);
        var consumer = new LogConsumer(component.Log, consumers, options, HandleAsync, time, log);
        consumer.Start();
        return new ActiveSubscription(subscription, component, consumer);

        // Nothing goes to an app that is not well; a stop gives back what waits for it.
        async Task<IReadOnlyList<Verdict>> HandleAsync(IReadOnlyList<LogMessage> batch, CancellationToken ct)
        {
            if (subscription.Kind != SubscriptionKind.Streaming && !sidecar.App.Health.IsHealthy)
                await sidecar.App.Health.WaitAsync(sidecar.Stopping);
            return await deliverer.HandleAsync(batch, ct);
        }

        ValueTask PublishRaw(string topic, ReadOnlyMemory<byte> data, CancellationToken ct) =>
            component.Log.AppendAsync(topic, [new NewMessage(data)], time.GetUtcNow(), ct);
    }

    public ValueTask StopAsync(CancellationToken limit) => _consumer.StopAsync(limit);
}
