using System.Diagnostics;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>
/// A span for each call of the HTTP API. What the call then sends has its identity, because the request's own traceparent is replaced by
/// it. Without spans a trace that comes in is told to the caller again, and goes on unchanged.
/// </summary>
internal static class HttpApiSpans
{
    private const int LongestTraceState = 512;

    public static Task FollowAsync(HttpContext context, RequestDelegate next, Spans? spans)
    {
        if ((context.Request.Path.Value ?? "/").Contains("/healthz", StringComparison.Ordinal)) return next(context);
        if (!Baggage.TryPass(context.Request.Headers, context.Response.Headers, out var why))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync($"invalid baggage header: {why}", context.RequestAborted);
        }
        var headers = context.Request.Headers;
        if (spans is not null) return WithSpanAsync(context, next, spans);
        if (headers.TraceParent is [{ Length: > 0 } given] && ActivityContext.TryParse(given, null, out _)) Tell(context, given, headers.TraceState);
        return next(context);
    }

    private static async Task WithSpanAsync(HttpContext context, RequestDelegate next, Spans spans)
    {
        var request = context.Request;
        using var span = spans.Start(request.Path.Value ?? "/", ActivityKind.Client, request.Headers.TraceParent, request.Headers.TraceState);
        request.Headers.TraceParent = span.TraceParent;
        Tell(context, span.TraceParent, span.TraceState);
        try
        {
            await next(context);
            Describe(span, context, context.Response.StatusCode);
        }
        catch (DaprError error)
        {
            Describe(span, context, error.HttpStatus);
            throw;
        }
        catch (Exception error)
        {
            Describe(span, context, StatusCodes.Status500InternalServerError);
            span.Fail(error.Message);
            throw;
        }
    }

    // An app that answers with a trace of its own is not overruled: its headers are written after these.
    private static void Tell(HttpContext context, string traceParent, string? traceState)
    {
        context.Response.Headers.TraceParent = traceParent;
        if (traceState is { Length: > 0 and <= LongestTraceState }) context.Response.Headers.TraceState = traceState;
    }

    private static void Describe(Span span, HttpContext context, int status)
    {
        if (!span.IsRecorded) return;
        var request = context.Request;
        var path = request.Path.Value ?? "/";
        foreach (var (name, values) in request.Headers)
            if (IsUsersOwn(name))
                span.Set(name.ToLowerInvariant(), values[^1]);
        var api = ApiAttributes.OfHttp(request.Method, path, InvocationEndpoints.Target(context));
        if (api.SpanName is { } better) span.Rename(better);
        span.Set(api.Attributes);
        span.Set("dapr.protocol", "http");
        span.Set("dapr.api", $"{request.Method} {path}");
        span.Set("dapr.status_code", status.ToString());
        span.Set("http.request.method", request.Method);
        span.Set("url.full", context.Features.Get<IHttpRequestFeature>()?.RawTarget);
        span.Set("server.address", context.Connection.RemoteIpAddress?.ToString());
        span.Set("server.port", context.Connection.RemotePort.ToString());
        span.FailOf(status);
    }

    // Headers of the form dapr-… are shown; a token is nobody's to see.
    private static bool IsUsersOwn(string name) =>
        name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) && !name.Equals(WellKnownHeaders.ApiToken, StringComparison.OrdinalIgnoreCase);
}
