using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Actors.Hosting;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;
using Answer = Dapr.Protocol.Runtime.V1.SubscribeActorEventsRequestAlpha1;
using Event = Dapr.Protocol.Runtime.V1.SubscribeActorEventsResponseAlpha1;

namespace LocalDapr.Runtime.Actors.Streaming;

/// <summary>SubscribeActorEventsAlpha1: an app without a port hosts actors for as long as it keeps the stream open.</summary>
internal static class ActorStreamService
{
    public static void MapActorStream(this IEndpointRouteBuilder grpc, ActorBlock actors) =>
        grpc.MapDuplex(DaprMethods.SubscribeActorEventsAlpha1, (answers, events, call) => ServeAsync(actors, answers, events, call));

    private static async Task ServeAsync(ActorBlock actors, IGrpcReader<Answer> answers, IGrpcWriter<Event> events, ServerCall call)
    {
        if (!actors.AcceptsStreams)
            throw new RpcException(StatusCode.FailedPrecondition, "actor callback streaming requires a gRPC app channel");
        var (_, first) = await answers.ReadAsync(call.Cancellation);
        if (first?.InitialRequest is not { } initial) throw new RpcException(StatusCode.InvalidArgument, "the first message must be the initial request");
        var types = StreamedTypes.Of(initial);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, actors.Stopping);
        var app = new StreamedActors();
        // An app that names no types, or has no store for them, hosts nothing, and may keep its stream all the same.
        var told = await actors.Hosts.OpenAsync(app, types);
        var writing = Task.CompletedTask;
        try
        {
            // Not before its types are hosted: what the app asks for next, a timer say, needs them. What they have for it already waits until then.
            await events.WriteAsync(new Event { InitialResponse = new() }, flush: true, ending.Token);
            writing = WriteAsync(app, events, ending.Token);
            while (await answers.ReadAsync(ending.Token) is (true, { } answer)) app.Take(answer);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The app has gone, or the sidecar stops: the actors leave either way.
        }
        finally
        {
            app.Leave();
            await ending.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await actors.Hosts.CloseAsync(told, CancellationToken.None);
        }
    }

    // Ends when the app leaves. Events that are queued together leave in one flush.
    private static async Task WriteAsync(StreamedActors app, IGrpcWriter<Event> events, CancellationToken cancellation)
    {
        while (await app.Outgoing.WaitToReadAsync(cancellation))
            while (app.Outgoing.TryRead(out var next))
                await events.WriteAsync(next, flush: !app.Outgoing.TryPeek(out _), cancellation);
    }
}

/// <summary>The actor types of the initial request; an entry of entities_config stands alone, as in <see cref="ActorTypes"/>.</summary>
internal static class StreamedTypes
{
    public static ActorTypes Of(SubscribeActorEventsRequestInitialAlpha1 initial)
    {
        var types = new Dictionary<string, ActorTypeOptions>(StringComparer.Ordinal);
        var common = Options(initial.ActorIdleTimeout, initial.DrainOngoingCallTimeout, initial.Reentrancy);
        foreach (var type in initial.Entities) types[type] = common;
        foreach (var entry in initial.EntitiesConfig)
            foreach (var type in entry.Entities)
                if (types.ContainsKey(type)) types[type] = Options(entry.ActorIdleTimeout, entry.DrainOngoingCallTimeout, entry.Reentrancy);
        return new ActorTypes(types);
    }

    private static ActorTypeOptions Options(
        Google.Protobuf.WellKnownTypes.Duration? idle, Google.Protobuf.WellKnownTypes.Duration? drain, ActorReentrancyConfig? reentrancy)
    {
        var options = ActorTypeOptions.Default.With(idle?.ToTimeSpan(), drain?.ToTimeSpan());
        if (reentrancy is null) return options;
        options = options with { Reentrant = reentrancy.Enabled };
        return reentrancy.HasMaxStackDepth ? options with { MaxStackDepth = Math.Max(1, reentrancy.MaxStackDepth) } : options;
    }
}
