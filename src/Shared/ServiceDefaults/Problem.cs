using System.Diagnostics;
using System.Text.Json.Serialization;

namespace DaprOrders.ServiceDefaults;

/// <summary>An RFC 9457 problem as the contract has it; clients switch on Code.</summary>
public sealed record Problem(
    string Type, string Title, int Status, string Detail, string? TraceId, string Code,
    IReadOnlyDictionary<string, string[]>? Errors = null, string? CurrentStatus = null)
{
    /// <summary>Seconds for the Retry-After header; no member of the body.</summary>
    [JsonIgnore]
    public int? RetryAfter { get; init; }
}

/// <summary>One factory per code of the contract: the only place where a status, a title and a code meet.</summary>
public static class Problems
{
    public static Problem Invalid(string detail, IReadOnlyDictionary<string, string[]>? errors = null) =>
        Make(400, "invalid-request", "The request is not valid", detail) with { Errors = errors };

    public static Problem Invalid(string member, string text) =>
        Invalid($"{member}: {text}", new Dictionary<string, string[]> { [member] = [text] });

    public static Problem Unauthenticated(string detail) => Make(401, "unauthenticated", "Not authenticated", detail);

    public static Problem Forbidden(string detail) => Make(403, "forbidden", "Not allowed", detail);

    public static Problem NotFound(string detail) => Make(404, "not-found", "Not found", detail);

    public static Problem MethodNotAllowed(string detail) => Make(405, "method-not-allowed", "Method not allowed", detail);

    public static Problem InFlight() =>
        Make(409, "in-flight", "Still being stored", "A request with this Idempotency-Key is being stored; ask again.") with { RetryAfter = 1 };

    public static Problem WrongState(string detail, string? currentStatus = null) =>
        Make(409, "wrong-state", "Not possible in this state", detail) with { CurrentStatus = currentStatus };

    public static Problem EmailInUse() => Make(409, "email-in-use", "E-mail in use", "Another customer has this e-mail address.");

    public static Problem Gone(string detail) => Make(410, "gone", "No longer kept", detail);

    public static Problem TooLarge() => Make(413, "too-large", "Body too large", $"The body may have at most {Defaults.MaxBodyBytes} bytes.");

    public static Problem UnsupportedMediaType() =>
        Make(415, "unsupported-media-type", "Unsupported media type", "Send JSON with Content-Type: application/json.");

    public static Problem KeyReused() =>
        Make(422, "key-reused", "Key reused", "This Idempotency-Key was used with another body; use a new key for a new request.");

    /// <summary>Well formed, but cannot succeed: unknown-sku, currency-mismatch, total-too-large, order-limit-exceeded.</summary>
    public static Problem Unprocessable(string code, string title, string detail) => Make(422, code, title, detail);

    public static Problem KeyRequired() =>
        Make(428, "key-required", "Idempotency-Key required", "Send an Idempotency-Key of 1 to 128 visible ASCII characters.");

    public static Problem TooManyRequests(int retryAfterSeconds) =>
        Make(429, "too-many-requests", "Too many requests", "Slow down and ask again.") with { RetryAfter = retryAfterSeconds };

    public static Problem Unavailable(string detail, int retryAfterSeconds = 1) =>
        Make(503, "unavailable", "Not available now", detail) with { RetryAfter = retryAfterSeconds };

    public static Problem Internal() => Make(500, "internal", "Internal error", "Something went wrong here; the trace id finds it in the logs.");

    private static Problem Make(int status, string code, string title, string detail) =>
        new($"https://daprorders.dev/problems/{code}", title, status, detail, Activity.Current?.TraceId.ToString() ?? ActivityTraceId.CreateRandom().ToString(), code);
}
