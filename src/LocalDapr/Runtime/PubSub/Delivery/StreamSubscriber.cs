using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Telemetry.Traces;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>
/// Hands events to a gRPC stream and waits for their answers, which may come in any order and take any time. Events are queued for the
/// one writer of the stream; the queue needs no limit of its own, as the consumer limits what is in flight.
/// </summary>
internal sealed class StreamSubscriber(Spans? spans = null) : ISubscriber
{
    private readonly Channel<TopicEventRequest> _outgoing = Channel.CreateUnbounded<TopicEventRequest>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Outcome>> _waiting = new(StringComparer.Ordinal);
    private volatile bool _gone;

    public ChannelReader<TopicEventRequest> Outgoing => _outgoing.Reader;

    public async ValueTask<Outcome> DeliverAsync(Delivery delivery, CancellationToken cancellation)
    {
        using var span = spans.Begin(delivery);
        var request = EventMessages.ToRequest(delivery);
        var answer = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[request.Id] = answer;
        try
        {
            if (_gone || !_outgoing.Writer.TryWrite(request)) throw new SubscriberGoneException();
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            _waiting.TryRemove(new(request.Id, answer));
        }
    }

    public ValueTask<IReadOnlyList<Outcome>> DeliverBulkAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation) =>
        throw new NotSupportedException("streams take single events");

    /// <summary>An answer of the client; one for an event that is not outstanding says nothing.</summary>
    public void Answer(SubscribeTopicEventsRequestProcessedAlpha1 processed)
    {
        if (_waiting.TryRemove(processed.Id, out var answer))
            answer.TrySetResult(
                EventMessages.ToOutcome(processed.Status?.Status ?? TopicEventResponse.Types.TopicEventResponseStatus.Success));
    }

    /// <summary>Ends every wait: the client went away.</summary>
    public void Leave()
    {
        _gone = true;
        _outgoing.Writer.TryComplete();
        foreach (var id in _waiting.Keys)
            if (_waiting.TryRemove(id, out var answer))
                answer.TrySetException(new SubscriberGoneException());
    }
}
