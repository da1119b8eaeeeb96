using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Middleware;

/// <summary>
/// <c>tracing.samplingRate</c>: begins a W3C trace for calls that bring none, and tells it to the caller. What a trace is then used for is
/// the matter of those who get it: LocalDapr exports no spans.
/// </summary>
internal sealed class Tracing
{
    private readonly double _rate;

    private Tracing(double rate) => _rate = rate;

    /// <summary>Null when no trace is begun here.</summary>
    public static Tracing? Read(string? samplingRate) =>
        double.TryParse(samplingRate, CultureInfo.InvariantCulture, out var rate) && rate > 0 ? new Tracing(rate) : null;

    public Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers;
        var trace = headers.TraceParent is [{ Length: > 0 } given] ? NextSpan(given) : Begin();
        headers.TraceParent = trace;
        context.Response.Headers.TraceParent = trace;
        return next(context);
    }

    // The trace of the caller goes on, with a span of this sidecar.
    private static string NextSpan(string parent) =>
        parent.Split('-') is [var version, { Length: 32 } id, { Length: 16 }, var flags] ? $"{version}-{id}-{Hex(8)}-{flags}" : parent;

    private string Begin()
    {
        var sampled = _rate >= 1 || RandomNumberGenerator.GetInt32(int.MaxValue) < _rate * int.MaxValue;
        return $"00-{Hex(16)}-{Hex(8)}-{(sampled ? "01" : "00")}";
    }

    private static string Hex(int bytes) => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(bytes));
}
