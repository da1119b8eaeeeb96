using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Timers;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using MiniGrpc;
using Answer = Dapr.Protocol.Runtime.V1.SubscribeActorEventsRequestAlpha1;
using Event = Dapr.Protocol.Runtime.V1.SubscribeActorEventsResponseAlpha1;

namespace LocalDapr.Runtime.Actors.Streaming;

/// <summary>
/// An app that hosts actors over one stream: callbacks are events with an id, answers come back under the same id in any order. Thread-safe.
/// </summary>
internal sealed class StreamedActors : IActorApp
{
    private readonly Channel<Event> _outgoing = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Answer>> _open = new(StringComparer.Ordinal);
    private long _lastId;
    private volatile bool _closed;

    public bool ComesBackToItsPort => false;

    /// <summary>Events on their way to the app. Bounded by the turns: an actor has one event open at a time.</summary>
    public ChannelReader<Event> Outgoing => _outgoing.Reader;

    public async Task<AppResponse> InvokeAsync(ActorCall call, string? chain, CancellationToken cancellation)
    {
        var request = new SubscribeActorEventsResponseInvokeRequestAlpha1
        {
            Id = NextId(),
            ActorType = call.Actor.Type,
            ActorId = call.Actor.Id,
            Method = call.Method,
            Data = ByteString.CopyFrom(call.Body.Span),
        };
        foreach (var (name, value) in call.Headers) request.Metadata[name] = HeaderBytes.ToText(value);
        if (call.ContentType is { } contentType) request.Metadata["content-type"] = contentType;
        if (chain is not null) request.Metadata[ActorHeaders.Reentrancy] = chain;
        var answer = await AskAsync(request.Id, new Event { InvokeRequest = request }, cancellation);
        if (answer.RequestFailed is { } failed) throw Failed(call, failed);
        return ToResponse(answer.InvokeResponse ?? throw DaprErrors.ActorInvoke("actor host returned an unexpected response type for invoke"));
    }

    public async Task<Firing> RemindAsync(Reminder reminder, CancellationToken cancellation)
    {
        var request = new SubscribeActorEventsResponseReminderRequestAlpha1
        {
            Id = NextId(),
            ActorType = reminder.Actor.Type,
            ActorId = reminder.Actor.Id,
            Name = reminder.Name,
            Data = Pack(reminder.Data),
        };
        var answer = await AskAsync(request.Id, new Event { ReminderRequest = request }, cancellation);
        return ToFiring(answer.ReminderResponse);
    }

    public async Task<Firing> FireTimerAsync(ActorTimer timer, CancellationToken cancellation)
    {
        var request = new SubscribeActorEventsResponseTimerRequestAlpha1
        {
            Id = NextId(),
            ActorType = timer.Actor.Type,
            ActorId = timer.Actor.Id,
            Name = timer.Name,
            DueTime = timer.Text.DueTime ?? "",
            Period = timer.Text.Period ?? "",
            Callback = timer.Callback ?? "",
            Data = Pack(timer.Data),
        };
        var answer = await AskAsync(request.Id, new Event { TimerRequest = request }, cancellation);
        return ToFiring(answer.TimerResponse);
    }

    public async Task<bool> DeactivateAsync(ActorKey actor, CancellationToken cancellation)
    {
        var request = new SubscribeActorEventsResponseDeactivateRequestAlpha1 { Id = NextId(), ActorType = actor.Type, ActorId = actor.Id };
        try
        {
            return (await AskAsync(request.Id, new Event { DeactivateRequest = request }, cancellation)).DeactivateResponse is not null;
        }
        catch (Exception error) when (error is ActorAppGoneException or DaprError)
        {
            return false;
        }
    }

    /// <summary>Takes an answer of the app in; one that nobody waits for is dropped.</summary>
    public void Take(Answer answer)
    {
        var id = answer.RequestTypeCase switch
        {
            Answer.RequestTypeOneofCase.InvokeResponse => answer.InvokeResponse.Id,
            Answer.RequestTypeOneofCase.ReminderResponse => answer.ReminderResponse.Id,
            Answer.RequestTypeOneofCase.TimerResponse => answer.TimerResponse.Id,
            Answer.RequestTypeOneofCase.DeactivateResponse => answer.DeactivateResponse.Id,
            Answer.RequestTypeOneofCase.RequestFailed => answer.RequestFailed.Id,
            _ => "",
        };
        if (_open.TryRemove(id, out var waiting)) waiting.TrySetResult(answer);
    }

    /// <summary>The stream has ended: what is open fails, and so does what comes later.</summary>
    public void Leave()
    {
        _closed = true;
        _outgoing.Writer.TryComplete();
        foreach (var waiting in _open.Values) waiting.TrySetException(DaprErrors.ActorInvoke("the actor event stream has ended"));
    }

    private string NextId() => Interlocked.Increment(ref _lastId).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private async Task<Answer> AskAsync(string id, Event happened, CancellationToken cancellation)
    {
        var waiting = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[id] = waiting;
        try
        {
            if (!_outgoing.Writer.TryWrite(happened)) throw new ActorAppGoneException("the actor event stream has ended");
            if (_closed) waiting.TrySetException(DaprErrors.ActorInvoke("the actor event stream has ended"));
            return await waiting.Task.WaitAsync(cancellation);
        }
        finally
        {
            _open.TryRemove(id, out _);
        }
    }

    private static DaprError Failed(ActorCall call, SubscribeActorEventsRequestFailedAlpha1 failed) => failed.Code == (uint)StatusCode.NotFound
        ? DaprErrors.ActorMethodNotFound(call.Method)
        : DaprErrors.ActorInvoke($"error from actor service: {failed.Message}");

    private static AppResponse ToResponse(SubscribeActorEventsRequestInvokeResponseAlpha1 answer)
    {
        var headers = HeaderBytes.OfTexts(answer.Metadata).ToList();
        if (answer.Error) headers.Add(new(AppActors.ErrorHeader, "true"));
        var contentType = headers.Find(header => header.Key.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Value;
        return new AppResponse(200, answer.Data.Memory, contentType) { Headers = headers };
    }

    private static Firing ToFiring(SubscribeActorEventsRequestReminderResponseAlpha1? answer) =>
        answer is null ? Firing.Failed : Firing.Taken;

    private static Any? Pack(byte[]? data) => data is null ? null : Any.Pack(new BytesValue { Value = UnsafeByteOperations.UnsafeWrap(data) });
}
