using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Invocation;

/// <summary>Whom an invocation is for.</summary>
internal abstract record InvocationTarget
{
    /// <summary>A sidecar of this process; the call goes straight to its app.</summary>
    internal sealed record Local(Sidecar Callee) : InvocationTarget;

    /// <summary>A sidecar of another process, at its internal port.</summary>
    internal sealed record Remote(Uri Address) : InvocationTarget;

    /// <summary>An HTTPEndpoint resource or a URL; no sidecar.</summary>
    internal sealed record External(Uri BaseAddress, IReadOnlyList<KeyValuePair<string, string>> Headers) : InvocationTarget;
}

/// <summary>Finds the target of an id: <c>app</c>, <c>app.namespace</c>, the name of an HTTPEndpoint, or a URL.</summary>
internal sealed class TargetResolver(Sidecar sidecar, NameResolution names)
{
    /// <summary>Null when nobody has the id.</summary>
    public InvocationTarget? Find(string id)
    {
        if (id.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || id.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return Uri.TryCreate(id, UriKind.Absolute, out var url) ? new InvocationTarget.External(url, []) : null;
        if (Endpoint(id) is { } endpoint) return endpoint;
        var (appId, ns) = Split(id);
        if (ns == sidecar.Options.Namespace && sidecar.Host.Sidecars.Find(appId) is { } callee) return new InvocationTarget.Local(callee);
        var addresses = names.Find(appId, ns);
#pragma warning disable CA5394 // Spreads calls over replicas; no secret.
        return addresses.Count == 0 ? null : new InvocationTarget.Remote(addresses[Random.Shared.Next(addresses.Count)]);
#pragma warning restore CA5394
    }

    private (string AppId, string Namespace) Split(string id)
    {
        var dot = id.LastIndexOf('.');
        return dot <= 0 || sidecar.Host.Sidecars.Find(id) is not null ? (id, sidecar.Options.Namespace) : (id[..dot], id[(dot + 1)..]);
    }

    private InvocationTarget.External? Endpoint(string name)
    {
        foreach (var resource in sidecar.Resources)
        {
            if (resource.Kind != "HTTPEndpoint" || resource.Name != name) continue;
            var headers = resource.Spec["headers"].Objects().Select(Header);
            return new InvocationTarget.External(new Uri(resource.Spec["baseUrl"].Text() ?? ""), [.. headers]);
        }
        return null;
    }

    private KeyValuePair<string, string> Header(JsonObject header) =>
        new(header["name"].Text() ?? "", ComponentReader.Expand(header["value"].Text() ?? "", sidecar.Options));
}
