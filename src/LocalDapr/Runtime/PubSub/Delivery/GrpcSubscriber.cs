using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.Telemetry.Traces;
using MiniGrpc;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>Hands events to an app that speaks gRPC.</summary>
internal sealed class GrpcSubscriber(AppChannel app, Spans? spans = null) : ISubscriber
{
    public async ValueTask<Outcome> DeliverAsync(Delivery delivery, CancellationToken cancellation)
    {
        using var span = spans.Begin(delivery);
        try
        {
            using var turn = await app.EnterAsync(cancellation);
            var answer = await app.Grpc!.UnaryAsync(
                AppCallbackMethods.OnTopicEvent, EventMessages.ToRequest(delivery), Options(delivery, span, cancellation));
            return EventMessages.ToOutcome(answer.Status);
        }
        catch (RpcException error)
        {
            span?.Fail(error.Detail);
            // An app that does not know the callback will not know it later either: the message is done, as in daprd.
            return error.StatusCode == StatusCode.Unimplemented ? Outcome.Success : Outcome.Retry;
        }
    }

    public async ValueTask<IReadOnlyList<Outcome>> DeliverBulkAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation)
    {
        var entries = spans.Begin(deliveries);
        try
        {
            using var turn = await app.EnterAsync(cancellation);
            var answer = await CallAsync(EventMessages.ToBulkRequest(deliveries), Options(deliveries[0], entries.Count > 0 ? entries[^1] : null, cancellation));
            var outcomes = answer.Statuses.GroupBy(s => s.EntryId).ToDictionary(g => g.Key, g => EventMessages.ToOutcome(g.Last().Status));
            return [.. deliveries.Select(d => outcomes.GetValueOrDefault(d.EntryId, Outcome.Retry))];
        }
        catch (RpcException error)
        {
            foreach (var span in entries) span.Fail(error.Detail);
            var all = error.StatusCode == StatusCode.Unimplemented ? Outcome.Success : Outcome.Retry;
            return [.. deliveries.Select(_ => all)];
        }
        finally
        {
            foreach (var span in entries) span.Dispose();
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

    private CallOptions Options(Delivery delivery, Span? span, CancellationToken cancellation)
    {
        var headers = app.NewMetadata();
        foreach (var (name, value) in delivery.TraceHeaders(span)) headers.TryAdd(name, value);
        if (span is not null) headers.TryAdd(BinaryTrace.Header, BinaryTrace.Of(span.TraceParent));
        return new CallOptions { Headers = headers, Cancellation = cancellation };
    }
}
