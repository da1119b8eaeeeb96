using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Components;

/// <summary>The component types that LocalDapr has, with what their metadata says of them. All else is a start error that names daprd.</summary>
internal static class ComponentTypes
{
    private static readonly string[] State = ["ETAG", "TRANSACTIONAL", "TTL", "DELETE_WITH_PREFIX", "KEYS_LIKE", "ACTOR"];

    private static readonly SortedDictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["state.in-memory"] = State,
        ["state.sqlite"] = State,
        ["pubsub.in-memory"] = ["MESSAGE_TTL", "BULK_PUBSUB", "SUBSCRIBE_WILDCARDS"],
        ["pubsub.sqlite"] = ["MESSAGE_TTL", "BULK_PUBSUB"],
        ["lock.sqlite"] = [],
        ["configuration.local.file"] = [],
        ["secretstores.local.file"] = [],
        ["secretstores.local.env"] = [],
        ["middleware.http.uppercase"] = [],
        ["bindings.cron"] = ["INPUT_BINDING"],
        ["bindings.http"] = ["OUTPUT_BINDING"],
        ["bindings.localstorage"] = ["OUTPUT_BINDING"],
    };

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal) { ["state.sqlite3"] = "state.sqlite" };

    public static IEnumerable<string> All => Known.Keys;

    /// <summary>The name under which LocalDapr knows the type.</summary>
    public static string Canonical(string type) => Aliases.GetValueOrDefault(type, type);

    /// <summary>What the component can do, in the words of <c>/v1.0/metadata</c>.</summary>
    public static IReadOnlyList<string> Capabilities(Component component) =>
        component.Type == "secretstores.local.file" && component.Flag("multiValued")
            ? ["MULTIPLE_KEY_VALUES_PER_SECRET"]
            : Known.GetValueOrDefault(Canonical(component.Type)) ?? [];

    /// <summary>Throws a <see cref="StartupException"/> that names the component, its file, what there is, and the way out.</summary>
    public static void Require(Component component)
    {
        var has = Known.ContainsKey(Canonical(component.Type));
        if (has && component.Version is "v1") return;
        var what = has ? $"version {component.Version} of {component.Type}" : $"the component type {component.Type}";
        throw new StartupException($"""
            component {component} in {component.File}: LocalDapr does not have {what}.
              LocalDapr has (all v1): {string.Join(", ", All)}.
              To use {component.Type}, run the same files with daprd (dapr run -f dapr.yaml).
            """);
    }
}
