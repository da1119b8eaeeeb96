using System.Text.Json;
using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Secrets;

/// <summary>
/// secretstores.local.file: a JSON file, read once at the start. Nested objects become names joined by the separator, or with
/// multiValued one secret of several values.
/// </summary>
internal sealed class LocalFileSecretStore : ISecretStore
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _secrets;

    private LocalFileSecretStore(Dictionary<string, IReadOnlyDictionary<string, string>> secrets) => _secrets = secrets;

    public static LocalFileSecretStore Open(Component component)
    {
        var file = component.Require("secretsFile");
        var separator = component.Get("nestedSeparator", ":");
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? throw new JsonException("it is no JSON object");
            return new LocalFileSecretStore(component.Flag("multiValued") ? MultiValued(root, separator) : Flat(root, separator));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StartupException($"component {component} in {component.File}: cannot read secretsFile {file}: {error.Message}", error);
        }
    }

    public IReadOnlyDictionary<string, string>? Find(string name) => _secrets.GetValueOrDefault(name);

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All() => _secrets;

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Flat(JsonObject root, string separator)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        Flatten(root, "", separator, values);
        return values.ToDictionary(v => v.Key, v => (IReadOnlyDictionary<string, string>)new Dictionary<string, string> { [v.Key] = v.Value });
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> MultiValued(JsonObject root, string separator)
    {
        var secrets = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var (name, node) in root)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            if (node is JsonObject) Flatten(node, "", separator, values);
            else values[name] = node.Text() ?? "";
            secrets[name] = values;
        }
        return secrets;
    }

    private static void Flatten(JsonNode? node, string path, string separator, Dictionary<string, string> into)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, child) in map) Flatten(child, Join(path, name, separator), separator, into);
                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++) Flatten(list[i], Join(path, i.ToString(), separator), separator, into);
                break;
            default:
                into[path] = node.Text() ?? "";
                break;
        }
    }

    private static string Join(string path, string name, string separator) => path.Length == 0 ? name : path + separator + name;
}
