using LocalDapr.Runtime.Components;

namespace LocalDapr.Runtime.Secrets;

/// <summary>A secret store. A secret is a map; single values have one entry under the secret's own name.</summary>
internal interface ISecretStore
{
    /// <summary>Null when there is no such secret.</summary>
    IReadOnlyDictionary<string, string>? Find(string name);

    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All();
}

internal static class SecretStores
{
    public static ISecretStore Open(Component component) => component.Type == "secretstores.local.file"
        ? LocalFileSecretStore.Open(component)
        : new LocalEnvSecretStore(component.Get("prefix", ""));
}
