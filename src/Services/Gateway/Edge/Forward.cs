using System.Runtime.ExceptionServices;
using DaprOrders.ServiceDefaults;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using MiniGrpc;

namespace DaprOrders.Gateway.Edge;

/// <summary>
/// One request on to the service that owns it, with the caller's identity in place of his token. The service's answer goes back unchanged; only the
/// sidecar's own errors become 503, since then nobody behind it has acted for certain and the client may ask again with its key.
/// </summary>
internal static class Forward
{
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Authorization", "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Proxy-Connection", "Content-Length", "Expect",
    };

    private static readonly HashSet<string> NotReturned = new(StringComparer.OrdinalIgnoreCase)
    {
        "Transfer-Encoding", "Connection", "Keep-Alive", "Server", "Date", "traceparent", "tracestate", "grpc-trace-bin",
    };

    public static async Task ToAsync(string app, HttpContext context, Caller caller, Services services, bool keepAuthorization)
    {
        if (context.Request.ContentLength > Defaults.MaxBodyBytes) throw new ProblemException(Problems.TooLarge());
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = Defaults.MaxBodyBytes;
        await using var arriving = new ArrivingStream(context.Request.Body);
        using var request = services.Request(new HttpMethod(context.Request.Method), app, Target(context.Request));
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(arriving);
            if (context.Request.ContentLength is { } length) request.Content.Headers.ContentLength = length;
        }
        else if (context.Request.ContentType is not null)
        {
            request.Content = new ByteArrayContent([]);
        }

        CopyHeaders(context, request, caller);
        if (keepAuthorization && context.Request.Headers.Authorization is { Count: 1 } authorization) request.Headers.TryAddWithoutValidation("Authorization", authorization[0]);
        try
        {
            using var response = await services.SendAsync(request, context.RequestAborted);
            if (IsSidecarError(response, isOAuth: keepAuthorization)) throw new HttpRequestException($"The sidecar answered {(int)response.StatusCode}.");
            await ReturnAsync(response, context);
        }
        catch (HttpRequestException e) when (e.InnerException is BadHttpRequestException bad)
        {
            ExceptionDispatchInfo.Throw(bad); // what the client sends is at fault: too much, or no valid chunks
        }
        catch (HttpRequestException) when (!context.Response.HasStarted)
        {
            context.Response.Clear(); // headers of an answer that broke off
            await context.Response.WriteProblemAsync(Problems.Unavailable($"The {app} service is away; ask again.", retryAfterSeconds: 2));
        }
    }

    /// <summary>Escaped again, as the server has unescaped it: a segment of escaped dots stays a segment, and is no step out of the service's own routes.</summary>
    private static string Target(HttpRequest request) => string.Join('/', request.Path.Value!.Split('/').Select(Uri.EscapeDataString)) + request.QueryString.Value;

    /// <summary>A service's error is a problem, only /token's are plain JSON (RFC 6749); anything else comes from the sidecar.</summary>
    private static bool IsSidecarError(HttpResponseMessage response, bool isOAuth) =>
        (int)response.StatusCode >= (isOAuth ? 500 : 400) && response.Content.Headers.ContentType?.MediaType != "application/problem+json";

    private static void CopyHeaders(HttpContext context, HttpRequestMessage request, Caller caller)
    {
        var isTraced = request.Headers.Contains(HeaderNames.TraceParent); // the edge's own span is the parent
        var ofThisConnection = context.Request.Headers.GetCommaSeparatedValues("Connection");
        foreach (var (name, values) in context.Request.Headers)
        {
            if (NotForwarded.Contains(name) || name.StartsWith(':') || IsInternal(name) || ofThisConnection.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (isTraced && name.Equals(HeaderNames.TraceParent, StringComparison.OrdinalIgnoreCase)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        if (caller.Subject is not null) request.Headers.TryAddWithoutValidation(Caller.SubjectHeader, caller.Subject);
        if (caller.Role is not null) request.Headers.TryAddWithoutValidation(Caller.RoleHeader, caller.Role);
    }

    private static async Task ReturnAsync(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (!NotReturned.Contains(name) && !IsInternal(name)) context.Response.Headers[name] = values.ToArray();
        if (context.Response.StatusCode is not (204 or 304)) await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>What the sidecars and the services tell each other: a client neither says nor sees it.</summary>
    private static bool IsInternal(string name) =>
        name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-daprorders-", StringComparison.OrdinalIgnoreCase);
}
