using System.Diagnostics;
using Dapr.Protocol;
using Google.Protobuf;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>A span for each call of the gRPC API, of the task hub, and of other services that are passed through.</summary>
internal static class GrpcApiSpans
{
    private const string TaskHub = "/TaskHubSidecarService/";
    private const string Runtime = "/dapr.proto.runtime.";

    public static Task FollowAsync(HttpContext context, RequestDelegate next, Spans? spans)
    {
        if (!Baggage.TryPass(context.Request.Headers, context.Response.Headers, out var why))
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)MiniGrpc.StatusCode.InvalidArgument).ToString();
            context.Response.Headers["grpc-message"] = $"invalid baggage header: {why}";
            return Task.CompletedTask;
        }
        // Our own stream stays open as long as its app lives and is no call of anybody.
        if (spans is null || context.Request.Path.StartsWithSegments("/" + WorkflowStreamMethods.Service)) return next(context);
        return WithSpanAsync(context, next, spans);
    }

    /// <summary>What the message of a call adds to its span.</summary>
    public static void Describe(HttpContext context, IMessage request)
    {
        if (context.Features.Get<Span>() is not { IsRecorded: true } span) return;
        var api = ApiAttributes.OfGrpc(context.Request.Path.Value ?? "/", request);
        if (api.SpanName is { } name) span.Rename(name);
        span.Set(api.Attributes);
    }

    private static async Task WithSpanAsync(HttpContext context, RequestDelegate next, Spans spans)
    {
        var (headers, path) = (context.Request.Headers, context.Request.Path.Value ?? "/");
        using var span = spans.Start(path, KindOf(path), BinaryTrace.ParentOf(headers), headers.TraceState);
        headers.TraceParent = span.TraceParent;
        var binary = BinaryTrace.Of(span.TraceParent);
        if (headers.ContainsKey(BinaryTrace.Header)) headers[BinaryTrace.Header] = binary;
        if (IsOwn(path) && path != $"/{DaprMethods.Service}/InvokeService") context.Response.Headers[BinaryTrace.Header] = binary;
        context.Features.Set(span);
        await next(context);
        if (!span.IsRecorded) return;
        foreach (var (name, values) in headers)
            if (name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) && name != WellKnownHeaders.ApiToken
                && !name.EndsWith("-bin", StringComparison.Ordinal))
                span.Set(name, values[0]);
        span.Set("dapr.protocol", "grpc");
        span.Set("dapr.api", path);
        if (Failure(context) is { } why) span.Fail(why);
    }

    // As daprd has it: what the app asks of its sidecar is the app's call of whatever is behind it.
    private static ActivityKind KindOf(string path) => path.StartsWith(TaskHub, StringComparison.Ordinal) ? ActivityKind.Server : ActivityKind.Client;

    private static bool IsOwn(string path) => path.StartsWith(Runtime, StringComparison.Ordinal) || path.StartsWith(TaskHub, StringComparison.Ordinal);

    // The status is in the trailers, or in the headers of an answer without a body.
    private static string? Failure(HttpContext context)
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        var from = trailers is not null && trailers.ContainsKey("grpc-status") ? trailers : context.Response.Headers;
        return from["grpc-status"] is [{ } status] && status != "0" ? Uri.UnescapeDataString(from["grpc-message"].FirstOrDefault() ?? $"status {status}") : null;
    }
}
