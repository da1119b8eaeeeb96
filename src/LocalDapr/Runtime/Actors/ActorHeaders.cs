using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Actors;

/// <summary>Which headers pass: all but those of the connection, of the body's length, and of the sidecar's own door.</summary>
internal static class ActorHeaders
{
    private static readonly HashSet<string> hopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade", "Host", "Content-Length", "Content-Type", "Expect", "Date", "Server", WellKnownHeaders.ApiToken,
    };

    public static List<KeyValuePair<string, string>> ToApp(IHeaderDictionary from, string callerAppId)
    {
        var headers = new List<KeyValuePair<string, string>>(from.Count + 1);
        foreach (var (name, values) in from)
            if (!hopByHop.Contains(name) && !name.StartsWith(':'))
                foreach (var value in values)
                    headers.Add(new(name, value ?? ""));
        headers.Add(new(WellKnownHeaders.CallerAppId, callerAppId));
        return headers;
    }

    public static void ToCaller(IEnumerable<KeyValuePair<string, string>> from, IHeaderDictionary to)
    {
        foreach (var (name, value) in from)
            if (!hopByHop.Contains(name) || name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) to.Append(name, value);
    }
}
