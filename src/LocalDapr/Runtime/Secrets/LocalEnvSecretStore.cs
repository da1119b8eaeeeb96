using System.Collections;

namespace LocalDapr.Runtime.Secrets;

/// <summary>secretstores.local.env: environment variables. Dapr's own tokens stay hidden, and a missing one is an empty value.</summary>
internal sealed class LocalEnvSecretStore(string prefix) : ISecretStore
{
    public IReadOnlyDictionary<string, string>? Find(string name) => new Dictionary<string, string>
    {
        [name] = IsHidden(prefix + name) ? "" : Environment.GetEnvironmentVariable(prefix + name) ?? "",
    };

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All()
    {
        var all = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || IsHidden(name)) continue;
            all[name[prefix.Length..]] = new Dictionary<string, string> { [name[prefix.Length..]] = (string?)variable.Value ?? "" };
        }
        return all;
    }

    private static bool IsHidden(string variable) =>
        variable.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase) || variable.Equals("APP_API_TOKEN", StringComparison.OrdinalIgnoreCase);
}
