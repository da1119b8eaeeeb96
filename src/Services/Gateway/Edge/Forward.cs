using DaprOrders.ServiceDefaults;

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
        Caller.SubjectHeader, Caller.RoleHeader, "dapr-api-token", "dapr-app-id", "dapr-caller-app-id",
    };

    private static readonly HashSet<string> NotReturned = new(StringComparer.OrdinalIgnoreCase)
    {
        "Transfer-Encoding", "Connection", "Keep-Alive", "Server", "Date", "traceparent", "tracestate", "grpc-trace-bin",
    };

    public static async Task ToAsync(string app, HttpContext context, Caller caller, Services services, bool keepAuthorization)
    {
        using var request = services.Request(new HttpMethod(context.Request.Method), app, context.Request.Path + context.Request.QueryString.Value);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
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
            if (IsSidecarError(response)) await context.Response.WriteProblemAsync(Problems.Unavailable($"The {app} service is away; ask again.", retryAfterSeconds: 2));
            else await ReturnAsync(response, context);
        }
        catch (HttpRequestException) when (!context.Response.HasStarted)
        {
            await context.Response.WriteProblemAsync(Problems.Unavailable($"The {app} service is away; ask again.", retryAfterSeconds: 2));
        }
    }

    /// <summary>A sidecar's own error is JSON with errorCode; a service's is a problem.</summary>
    private static bool IsSidecarError(HttpResponseMessage response) =>
        (int)response.StatusCode >= 500 && response.Content.Headers.ContentType?.MediaType != "application/problem+json";

    private static void CopyHeaders(HttpContext context, HttpRequestMessage request, Caller caller)
    {
        foreach (var (name, values) in context.Request.Headers)
        {
            if (NotForwarded.Contains(name) || name.StartsWith(':')) continue;
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        if (caller.Subject is not null) request.Headers.TryAddWithoutValidation(Caller.SubjectHeader, caller.Subject);
        if (caller.Role is not null) request.Headers.TryAddWithoutValidation(Caller.RoleHeader, caller.Role);
    }

    private static async Task ReturnAsync(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (!NotReturned.Contains(name) && !name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase)) context.Response.Headers[name] = values.ToArray();
        if (context.Response.StatusCode is not (204 or 304)) await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
