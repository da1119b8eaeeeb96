using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Actors;

/// <summary>
/// Which headers pass: all but those of the connection, of the body's length, and of the sidecar's own door. Who calls is told by the
/// sidecar, whatever the caller says.
/// </summary>
internal static class ActorHeaders
{
    /// <summary>Names the chain of calls that a call belongs to.</summary>
    public const string Reentrancy = "Dapr-Reentrancy-Id";

    private const string ApiCall = "dapr-api-call";

    private static readonly HashSet<string> own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Expect", WellKnownHeaders.ApiToken,
    };

    private static readonly HashSet<string> identity = new(StringComparer.OrdinalIgnoreCase)
    {
        WellKnownHeaders.CallerAppId, WellKnownHeaders.CallerNamespace, ApiCall,
    };

    /// <summary>The app that calls through the API of this sidecar.</summary>
    public static KeyValuePair<string, string>[] IdentityOf(SidecarOptions caller) =>
    [
        new(WellKnownHeaders.CallerAppId, caller.AppId), new(WellKnownHeaders.CallerNamespace, caller.Namespace), new(ApiCall, "true"),
    ];

    /// <summary>Whether a header of this name is the sidecar's to give.</summary>
    public static bool IsIdentity(string name) => identity.Contains(name);

    public static List<KeyValuePair<string, string>> ToApp(HttpContext caller, KeyValuePair<string, string>[] callerIdentity)
    {
        var from = caller.Request.Headers;
        var named = HopHeaders.NamedBy([caller.Features.Get<RequestHeads>()?.Connection, .. from.Connection]);
        var headers = new List<KeyValuePair<string, string>>(from.Count + callerIdentity.Length);
        foreach (var (name, values) in from)
            if (Passes(name, named) && !name.StartsWith(':') && !IsIdentity(name))
                foreach (var value in values)
                    headers.Add(new(name, value ?? ""));
        headers.AddRange(callerIdentity);
        return headers;
    }

    /// <summary>The headers of a call as an app that speaks HTTP gets them.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> OfCall(IReadOnlyList<KeyValuePair<string, string>> headers, string? chain)
    {
        var odd = false;
        foreach (var (name, _) in headers) odd |= Is(name, "content-type") || !ReferenceEquals(InHttp(name), name);
        if (!odd && chain is null) return headers;
        var all = new List<KeyValuePair<string, string>>(headers.Count + 1);
        foreach (var (name, value) in headers)
            if (!Is(name, "content-type") && InHttp(name) is { } passed && !(chain is not null && Is(name, Reentrancy)))
                all.Add(new(passed, value));
        if (chain is not null) all.Add(new(Reentrancy, chain));
        return all;
    }

    public static void ToCaller(IReadOnlyList<KeyValuePair<string, string>> from, IHeaderDictionary to)
    {
        var named = HopHeaders.NamedBy(from.Where(h => h.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase)).Select(h => h.Value));
        foreach (var (name, value) in from)
            if ((Passes(name, named) || Is(name, "Content-Type")) && InHttp(name) is { } passed) to.Append(passed, value);
    }

    // What belongs to gRPC stays, or gets another name.
    private static string? InHttp(string name)
    {
        if (name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase) || Is(name, "destination-app-id")) return null;
        return name.StartsWith(':') || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) ? $"dapr-{name.TrimStart(':')}" : name;
    }

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool Passes(string name, IReadOnlyCollection<string> named) =>
        !own.Contains(name) && !HopHeaders.Stays(name) && !(named.Count > 0 && named.Contains(name, StringComparer.OrdinalIgnoreCase));
}
