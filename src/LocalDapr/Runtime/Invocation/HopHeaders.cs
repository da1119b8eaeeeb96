namespace LocalDapr.Runtime.Invocation;

/// <summary>Headers that belong to one connection and never travel further.</summary>
internal static class HopHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    public static bool Stays(string name) => Names.Contains(name);

    /// <summary>Names that the Connection header adds to the list.</summary>
    public static IReadOnlyCollection<string> NamedBy(IEnumerable<string?> connection)
    {
        HashSet<string>? named = null;
        foreach (var value in connection)
            foreach (var name in (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                (named ??= new(StringComparer.OrdinalIgnoreCase)).Add(name);
        return named ?? (IReadOnlyCollection<string>)[];
    }
}
