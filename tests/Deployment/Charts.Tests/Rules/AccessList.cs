namespace Charts.Tests.Rules;

/// <summary>How daprd matches an operation against the operations of an access control policy: by segments, "/**" for everything below.</summary>
internal static class AccessList
{
    public static bool Allows(IEnumerable<(string Path, IReadOnlyList<string> Verbs)> operations, string verb, string path)
    {
        var wanted = path.ToLowerInvariant().Split('/', StringSplitOptions.RemoveEmptyEntries);
        var operation = operations.FirstOrDefault(o => Matches(o.Path.ToLowerInvariant().Split('/', StringSplitOptions.RemoveEmptyEntries), wanted));
        return operation.Path is not null && (operation.Verbs.Contains(verb) || operation.Verbs.Contains("*"));
    }

    private static bool Matches(string[] pattern, string[] path)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == "**") return true;
            if (i >= path.Length || (pattern[i] != "*" && pattern[i] != path[i])) return false;
        }

        return pattern.Length == path.Length;
    }
}
