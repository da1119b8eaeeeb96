using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Configuration;

/// <summary>The Configuration resources of a sidecar, merged: a later file wins section by section.</summary>
internal sealed class SidecarConfiguration
{
    private SidecarConfiguration(JsonObject spec) => Spec = spec;

    /// <summary>The merged spec; each building block reads its own section.</summary>
    public JsonObject Spec { get; }

    public IReadOnlyList<SecretScope> SecretScopes { get; private init; } = [];

    /// <summary>Null when any app may call this one.</summary>
    public AccessControl? AccessControl { get; private init; }

    public IReadOnlyList<ApiRule> AllowedApis { get; private init; } = [];

    public IReadOnlyList<ApiRule> DeniedApis { get; private init; } = [];

    /// <summary>The file of the SQLite name resolution; null when the Configuration names none.</summary>
    public string? NameResolutionFile { get; private init; }

    public IReadOnlyList<string> Features { get; private init; } = [];

    public static SidecarConfiguration Load(IReadOnlyList<string> files, ILogger log)
    {
        var merged = new JsonObject(new JsonNodeOptions { PropertyNameCaseInsensitive = true });
        foreach (var file in files)
        {
            if (!File.Exists(file)) throw new StartupException($"configuration file {file} does not exist");
            foreach (var resource in ResourceLoader.LoadFile(file, log).Where(r => r.Kind == "Configuration"))
                foreach (var (section, value) in resource.Spec)
                    merged[section] = value?.DeepClone();
        }
        return From(merged);
    }

    /// <summary>True for a feature that the Configuration switches off.</summary>
    public bool IsOff(string feature) => Spec["features"].Objects().Any(f => f["name"].Text() == feature && f["enabled"].Text() == "false");

    public bool DeniesComponent(Component component) => Spec["components"].Object()?["deny"].Texts()
        .Any(denied => denied == component.Type || denied == $"{component.Type}/{component.Version}") ?? false;

    private static SidecarConfiguration From(JsonObject spec) => new(spec)
    {
        SecretScopes =
        [
            .. (spec["secrets"].Object()?["scopes"]).Objects().Select(s => new SecretScope(
                s["storeName"].Text() ?? "", s["defaultAccess"].Text() ?? "", s["allowedSecrets"].Texts(), s["deniedSecrets"].Texts())),
        ],
        AccessControl = Configuration.AccessControl.Read(spec),
        AllowedApis = Rules(spec, "allowed"),
        DeniedApis = Rules(spec, "denied"),
        NameResolutionFile = NameFile(spec["nameResolution"].Object()),
        Features = [.. spec["features"].Objects().Where(f => f["enabled"].Text() == "true").Select(f => f["name"].Text() ?? "")],
    };

    private static IReadOnlyList<ApiRule> Rules(JsonObject spec, string list) =>
    [
        .. (spec["api"].Object()?[list]).Objects().Select(r => new ApiRule(r["name"].Text() ?? "", r["version"].Text() ?? "", r["protocol"].Text() ?? "")),
    ];

    private static string? NameFile(JsonObject? section)
    {
        if (section?["component"].Text() is not { Length: > 0 } component) return null;
        if (component != "sqlite")
            throw new StartupException($"name resolution component {component}: LocalDapr has sqlite only; run the same files with daprd to use {component}");
        return section["configuration"].Object()?["connectionString"].Text();
    }
}

/// <summary>One entry of <c>secrets.scopes</c>.</summary>
internal sealed record SecretScope(string StoreName, string DefaultAccess, IReadOnlyList<string> Allowed, IReadOnlyList<string> Denied)
{
    /// <summary>A list of allowed secrets decides alone; then the denied ones; then the default.</summary>
    public bool Allows(string secret) =>
        Allowed.Count > 0 ? Allowed.Contains(secret) : !Denied.Contains(secret) && !DefaultAccess.Equals("deny", StringComparison.OrdinalIgnoreCase);
}

/// <summary>One entry of <c>api.allowed</c> or <c>api.denied</c>.</summary>
internal sealed record ApiRule(string Name, string Version, string Protocol);
