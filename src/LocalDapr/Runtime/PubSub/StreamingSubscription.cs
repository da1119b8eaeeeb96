using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.PubSub.Delivery;
using LocalDapr.Runtime.PubSub.Routing;
using LocalDapr.Runtime.PubSub.Subscriptions;
using MiniGrpc;

namespace LocalDapr.Runtime.PubSub;

/// <summary>
/// Subscriptions over a gRPC stream: no app port is needed. A stream is one subscription, from its first request to its end.
/// </summary>
internal sealed class StreamingSubscription(PubSubBlock block)
{
    public async Task ServeAsync(
        IGrpcReader<SubscribeTopicEventsRequestAlpha1> requests, IGrpcWriter<SubscribeTopicEventsResponseAlpha1> responses, ServerCall call)
    {
        var (_, first) = await requests.ReadAsync(call.Cancellation);
        if (first?.InitialRequest is not { } initial) throw Refuse("initial request is required");
        var component = ComponentFor(initial);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, block.Stopping);
        var subscriber = new StreamSubscriber(block.Spans);
        // Subscribed before it is told: what is published from then on must not be missed. Events wait until the answer has left.
        var active = await block.SubscribeAsync(component, SubscriptionOf(initial), subscriber, ending.Token);
        var writing = Task.CompletedTask;
        try
        {
            await responses.WriteAsync(new() { InitialResponse = new() }, flush: true, ending.Token);
            writing = WriteAsync(subscriber, responses, ending.Token);
            while (await requests.ReadAsync(ending.Token) is (true, { } request))
            {
                if (request.InitialRequest is not null) throw Refuse("duplicate initial request received");
                if (request.EventProcessed is { } processed) subscriber.Answer(processed);
            }
        }
        catch (OperationCanceledException) when (block.Stopping.IsCancellationRequested)
        {
            // A stop of the sidecar ends its streams in order.
        }
        finally
        {
            subscriber.Leave();
            await ending.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await block.UnsubscribeAsync(active);
        }
    }

    // Ends when the subscriber leaves. Events that are queued together leave in one flush.
    private static async Task WriteAsync(
        StreamSubscriber subscriber, IGrpcWriter<SubscribeTopicEventsResponseAlpha1> responses, CancellationToken cancellation)
    {
        var events = subscriber.Outgoing;
        while (await events.WaitToReadAsync(cancellation))
            while (events.TryRead(out var next))
                await responses.WriteAsync(new() { EventMessage = next }, flush: !events.TryPeek(out _), cancellation);
    }

    private PubSubComponent ComponentFor(SubscribeTopicEventsRequestInitialAlpha1 initial)
    {
        if (initial.PubsubName.Length == 0) throw Refuse("pubsubName is required");
        if (initial.Topic.Length == 0) throw Refuse("topic is required");
        var component = block.Components.Find(initial.PubsubName) ?? throw DaprErrors.PubSubNotFound(initial.PubsubName).ToRpc();
        return component.Scopes.MaySubscribe(initial.Topic)
            ? component
            : throw Refuse($"subscription to topic '{initial.Topic}' on pubsub '{initial.PubsubName}' is not allowed");
    }

    private static Subscription SubscriptionOf(SubscribeTopicEventsRequestInitialAlpha1 initial) =>
        new(initial.PubsubName, initial.Topic, new Routes([new Rule(null, "/")]), SubscriptionKind.Streaming)
        {
            Metadata = new Dictionary<string, string>(initial.Metadata),
            DeadLetterTopic = initial.DeadLetterTopic,
        };

    private static RpcException Refuse(string why) => new(StatusCode.Unknown, why);
}
