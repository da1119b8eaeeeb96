using System.Diagnostics;
using LocalDapr.Runtime.Actors;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>The span of the sidecar that is called, between that of the caller's sidecar and the app's own.</summary>
internal static class CalleeSpans
{
    private const string CallLocal = "/dapr.proto.internals.v1.ServiceInvocation/CallLocal";
    private const string CallActor = "/dapr.proto.internals.v1.ServiceInvocation/CallActor";

    /// <summary>Sends the call to the callee's app.</summary>
    public static ValueTask<InvocationAnswer> SendAsync(Sidecar callee, InvocationCall call, CancellationToken cancellation) =>
        callee.Spans is { } spans ? SendAsync(callee, call, spans, cancellation) : CalleeSide.SendAsync(callee, call, cancellation);

    /// <summary>The same for a call of an app's own gRPC service; dispose it when the call has ended.</summary>
    public static Span? Begin(Sidecar callee, HttpContext context)
    {
        var headers = context.Request.Headers;
        if (callee.Spans?.Start(context.Request.Path.Value ?? "/", ActivityKind.Server, BinaryTrace.ParentOf(headers), headers.TraceState) is not { } span)
            return null;
        span.Set("dapr.protocol", "grpc");
        span.Set("dapr.api", context.Request.Path.Value);
        headers.TraceParent = span.TraceParent;
        if (headers.ContainsKey(BinaryTrace.Header)) headers[BinaryTrace.Header] = BinaryTrace.Of(span.TraceParent);
        return span;
    }

    /// <summary>The same for a call of an actor that lives with another sidecar than the caller's.</summary>
    public static async Task<AppResponse?> CallActorAsync(Spans spans, ActorCall call, Func<ActorCall, Task<AppResponse?>> send)
    {
        using var span = spans.Start(
            $"CallActor/{call.Actor.Type}/{call.Method}", ActivityKind.Server, Header(call.Headers, WellKnownHeaders.TraceParent), Header(call.Headers, WellKnownHeaders.TraceState));
        span.Set("rpc.service", "ServiceInvocation");
        span.Set("dapr.actor", $"{call.Actor.Type}.{call.Actor.Id}");
        span.Set("dapr.protocol", "grpc");
        span.Set("dapr.api", CallActor);
        try
        {
            return await send(call with { Headers = WithParent(call.Headers, span) });
        }
        catch (Exception error)
        {
            span.Fail(error.Message);
            throw;
        }
    }

    private static async ValueTask<InvocationAnswer> SendAsync(Sidecar callee, InvocationCall call, Spans spans, CancellationToken cancellation)
    {
        using var span = spans.Start($"CallLocal/{callee.Options.AppId}/{call.Path}", ActivityKind.Server, Header(call.Headers, WellKnownHeaders.TraceParent), Header(call.Headers, WellKnownHeaders.TraceState));
        span.Set("rpc.service", "ServiceInvocation");
        span.Set("dapr.invoke_method", call.Path);
        span.Set("dapr.protocol", "grpc");
        span.Set("dapr.api", CallLocal);
        try
        {
            return await CalleeSide.SendAsync(callee, call with { Headers = WithParent(call.Headers, span) }, cancellation);
        }
        catch (Exception error)
        {
            span.Fail(error.Message);
            throw;
        }
    }

    private static List<KeyValuePair<string, string>> WithParent(IEnumerable<KeyValuePair<string, string>> headers, Span span) =>
        [.. headers.Where(h => !h.Key.Equals(WellKnownHeaders.TraceParent, StringComparison.OrdinalIgnoreCase)), new(WellKnownHeaders.TraceParent, span.TraceParent)];

    private static string? Header(IEnumerable<KeyValuePair<string, string>> headers, string name) =>
        headers.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
