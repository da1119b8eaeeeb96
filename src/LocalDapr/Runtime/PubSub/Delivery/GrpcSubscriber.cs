using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Invocation;
using MiniGrpc;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>Hands events to an app that speaks gRPC.</summary>
internal sealed class GrpcSubscriber(AppChannel app) : ISubscriber
{
    public async ValueTask<Outcome> DeliverAsync(Delivery delivery, CancellationToken cancellation)
    {
        try
        {
            using var turn = await app.EnterAsync(cancellation);
            var answer = await app.Grpc!.UnaryAsync(
                AppCallbackMethods.OnTopicEvent, EventMessages.ToRequest(delivery), Options(delivery, cancellation));
            return EventMessages.ToOutcome(answer.Status);
        }
        catch (RpcException error)
        {
            // An app that does not know the callback will not know it later either: the message is done, as in daprd.
            return error.StatusCode == StatusCode.Unimplemented ? Outcome.Success : Outcome.Retry;
        }
    }

    public async ValueTask<IReadOnlyList<Outcome>> DeliverBulkAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation)
    {
        try
        {
            using var turn = await app.EnterAsync(cancellation);
            var answer = await CallAsync(EventMessages.ToBulkRequest(deliveries), Options(deliveries[0], cancellation));
            var outcomes = answer.Statuses.GroupBy(s => s.EntryId).ToDictionary(g => g.Key, g => EventMessages.ToOutcome(g.Last().Status));
            return [.. deliveries.Select(d => outcomes.GetValueOrDefault(d.EntryId, Outcome.Retry))];
        }
        catch (RpcException error)
        {
            var all = error.StatusCode == StatusCode.Unimplemented ? Outcome.Success : Outcome.Retry;
            return [.. deliveries.Select(_ => all)];
        }
    }

    private async Task<TopicEventBulkResponse> CallAsync(TopicEventBulkRequest request, CallOptions options)
    {
        try
        {
            return await app.Grpc!.UnaryAsync(AppCallbackMethods.OnBulkTopicEvent, request, options);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            return await app.Grpc!.UnaryAsync(AppCallbackMethods.OnBulkTopicEventAlpha1, request, options);
        }
    }

    private CallOptions Options(Delivery delivery, CancellationToken cancellation)
    {
        var headers = app.NewMetadata();
        var parent = delivery.Event.Attribute("traceparent");
        if (parent.Length > 0) headers.TryAdd("traceparent", parent);
        return new CallOptions { Headers = headers, Cancellation = cancellation };
    }
}
