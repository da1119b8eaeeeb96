using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Actors;

/// <summary>Which headers pass: all but those of the connection, of the body's length, and of the sidecar's own door.</summary>
internal static class ActorHeaders
{
    private static readonly HashSet<string> own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Expect", "Date", "Server", WellKnownHeaders.ApiToken,
    };

    public static List<KeyValuePair<string, string>> ToApp(HttpContext caller, string callerAppId)
    {
        var from = caller.Request.Headers;
        var named = HopHeaders.NamedBy([caller.Features.Get<RequestHeads>()?.Connection, .. from.Connection]);
        var headers = new List<KeyValuePair<string, string>>(from.Count + 1);
        foreach (var (name, values) in from)
            if (Passes(name, named) && !name.StartsWith(':'))
                foreach (var value in values)
                    headers.Add(new(name, value ?? ""));
        headers.Add(new(WellKnownHeaders.CallerAppId, callerAppId));
        return headers;
    }

    public static void ToCaller(IReadOnlyList<KeyValuePair<string, string>> from, IHeaderDictionary to)
    {
        var named = HopHeaders.NamedBy(from.Where(h => h.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase)).Select(h => h.Value));
        foreach (var (name, value) in from)
            if (Passes(name, named) || name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) to.Append(name, value);
    }

    private static bool Passes(string name, IReadOnlyCollection<string> named) =>
        !own.Contains(name) && !HopHeaders.Stays(name) && !(named.Count > 0 && named.Contains(name, StringComparer.OrdinalIgnoreCase));
}
