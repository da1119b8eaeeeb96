using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Configuration;

/// <summary>
/// <c>accessControl</c> of the Configuration: which apps may call what of this one. daprd knows its caller by a certificate; here the calling
/// sidecar is known by where it is: in this process, or by the secret it has in the file of the names. What headers say does not count. Pure.
/// </summary>
internal sealed class AccessControl
{
    private const string DefaultTrustDomain = "public";

    private readonly Dictionary<(string App, string Namespace), Policy> _policies;

    private AccessControl(bool allowsByDefault, Dictionary<(string, string), Policy> policies) =>
        (AllowsByDefault, _policies) = (allowsByDefault, policies);

    /// <summary>The default action, which is all there is for a caller that nobody knows.</summary>
    public bool AllowsByDefault { get; }

    /// <summary>Null when nothing is restricted. Throws <see cref="StartupException"/> for a policy that names no caller.</summary>
    public static AccessControl? Read(JsonObject spec)
    {
        if (spec["accessControl"].Object() is not { } section) return null;
        var policies = section["policies"].Objects().ToList();
        var byDefault = section["defaultAction"].Text() ?? "";
        if (policies.Count == 0 && byDefault.Length == 0 && section["trustDomain"].Text() is null or "") return null;
        var read = new Dictionary<(string, string), Policy>();
        foreach (var policy in policies)
        {
            var (app, domain, ns) = (policy["appId"].Text() ?? "", policy["trustDomain"].Text() ?? "", policy["namespace"].Text() ?? "");
            if (app.Length == 0 || domain.Length == 0 || ns.Length == 0)
                throw new StartupException($"invalid access control spec: the policy for app '{app}' needs appId, trustDomain and namespace");
            if (domain == DefaultTrustDomain) read[(app, ns)] = Policy.Read(policy);
        }
        return new AccessControl(byDefault.Length == 0 ? policies.Count == 0 : Allows(byDefault), read);
    }

    /// <summary><paramref name="verb"/> is null for a call over gRPC, which has none.</summary>
    public bool Allows(string callerApp, string callerNamespace, string operation, string? verb)
    {
        if (!_policies.TryGetValue((callerApp, callerNamespace), out var policy)) return AllowsByDefault;
        var path = operation.StartsWith('/') ? operation : "/" + operation;
        return policy.Decide(path, verb) ?? policy.AllowsByDefault ?? AllowsByDefault;
    }

    private static bool Allows(string action) => action.Equals("allow", StringComparison.OrdinalIgnoreCase);

    private sealed record Operation(string[] Pattern, IReadOnlyList<string> Verbs, bool IsAllowed)
    {
        // A star is one part of the path, two are all that follow; HTTP paths match in any letter case.
        public bool Matches(string[] path, StringComparison comparison)
        {
            for (var i = 0; i < Pattern.Length; i++)
            {
                if (Pattern[i] == "**") return true;
                if (i >= path.Length || Pattern[i] != "*" && !Pattern[i].Equals(path[i], comparison)) return false;
            }
            return Pattern.Length == path.Length;
        }
    }

    private sealed record Policy(bool? AllowsByDefault, IReadOnlyList<Operation> Operations)
    {
        public static Policy Read(JsonObject policy)
        {
            var operations = policy["operations"].Objects().Select(o => new Operation(
                ("/" + (o["name"].Text() ?? "").TrimStart('/')).Split('/'), o["httpVerb"].Texts(), Allows(o["action"].Text() ?? "")));
            // Exact parts before stars: the pattern that says most decides.
            return new Policy(
                policy["defaultAction"].Text() is { Length: > 0 } action ? Allows(action) : null,
                [.. operations.OrderBy(o => o.Pattern.Count(p => p is "*" or "**")).ThenBy(o => o.Pattern.Contains("**"))]);
        }

        public bool? Decide(string path, string? verb)
        {
            var comparison = verb is null ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
            if (Operations.FirstOrDefault(o => o.Matches(path.Split('/'), comparison)) is not { } operation) return null;
            if (verb is null || operation.Verbs.Any(v => v == "*" || v.Equals(verb, StringComparison.OrdinalIgnoreCase))) return operation.IsAllowed;
            return null;
        }
    }
}
