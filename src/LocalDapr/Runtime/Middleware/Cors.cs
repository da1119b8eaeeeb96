using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LocalDapr.Runtime.Middleware;

/// <summary>
/// <c>--allowed-origins</c>: which pages of a browser may call the HTTP API. An origin may have one star in it; a star alone is all.
/// </summary>
internal sealed class Cors
{
    private static readonly HashSet<string> Methods = new(StringComparer.OrdinalIgnoreCase) { "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE" };

    private readonly string[] _origins;

    private Cors(string[] origins) => _origins = origins;

    /// <summary>Null when browsers are left to their own rule.</summary>
    public static Cors? Of(string? allowedOrigins) => string.IsNullOrEmpty(allowedOrigins)
        ? null
        : new Cors(allowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    public Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        var (request, answer) = (context.Request.Headers, context.Response.Headers);
        var method = (string?)request.AccessControlRequestMethod;
        answer.Append("Vary", "Origin");
        if (!HttpMethods.IsOptions(context.Request.Method) || string.IsNullOrEmpty(method))
        {
            if (Allows(request.Origin)) answer.AccessControlAllowOrigin = Named(request.Origin!);
            return next(context);
        }
        // A question of the browser itself, which no API sees.
        answer.Append("Vary", "Access-Control-Request-Method");
        answer.Append("Vary", "Access-Control-Request-Headers");
        if (!Allows(request.Origin) || !Methods.Contains(method)) return Task.CompletedTask;
        answer.AccessControlAllowOrigin = Named(request.Origin!);
        answer.AccessControlAllowMethods = method.ToUpperInvariant();
        if (!StringValues.IsNullOrEmpty(request.AccessControlRequestHeaders)) answer.AccessControlAllowHeaders = request.AccessControlRequestHeaders;
        return Task.CompletedTask;
    }

    private string Named(string origin) => _origins.Contains("*") ? "*" : origin;

    private bool Allows(string? origin) => origin is { Length: > 0 } && _origins.Any(allowed => Fits(origin, allowed));

    private static bool Fits(string origin, string allowed)
    {
        var star = allowed.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? origin.Equals(allowed, StringComparison.OrdinalIgnoreCase)
            : origin.Length >= allowed.Length - 1 && origin.StartsWith(allowed[..star], StringComparison.OrdinalIgnoreCase)
                && origin.EndsWith(allowed[(star + 1)..], StringComparison.OrdinalIgnoreCase);
    }
}
