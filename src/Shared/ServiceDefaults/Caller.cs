using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Who calls, as the Gateway found out and wrote into the request. A service trusts it because only its sidecar reaches it (and, where
/// APP_API_TOKEN is set, only with that token). Binds as a parameter of a handler.
/// </summary>
public sealed record Caller(string? Subject, string? Role)
{
    public const string SubjectHeader = "x-daprorders-subject";
    public const string RoleHeader = "x-daprorders-role";

    public bool IsOperator => Role == "operator";

    public bool IsAnonymous => Subject is null;

    public static Caller Of(HttpContext context) => new(Header(context, SubjectHeader), Header(context, RoleHeader));

    public static ValueTask<Caller> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Of(context));

    private static string? Header(HttpContext context, string name) => context.Request.Headers[name] is { Count: 1 } values && values[0]!.Length > 0 ? values[0] : null;
}

/// <summary>Idempotency-Key as the contract wants it.</summary>
public static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    /// <summary>The key, or the problem of its absence or form.</summary>
    public static (string? Key, Problem? Problem) Read(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Header, out var values)) return (null, Problems.KeyRequired());
        var key = values.Count == 1 ? values[0]! : "";
        return IsWellFormed(key) ? (key, null) : (null, Problems.Invalid(Header, "1 to 128 visible ASCII characters, once"));
    }

    public static bool IsWellFormed(string key) => key.Length is >= 1 and <= 128 && key.All(c => c is > ' ' and <= '~');
}
