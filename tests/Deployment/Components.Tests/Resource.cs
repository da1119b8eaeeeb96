using YamlDotNet.RepresentationModel;

namespace DaprOrders.Components.Tests;

/// <summary>One document of a resource file.</summary>
internal sealed record Resource(string File, YamlMappingNode Body)
{
    public string Kind => Body.Text("kind");

    public string Name => Body.Map("metadata")?.Text("name") ?? "";

    public YamlMappingNode Spec => Body.Map("spec") ?? [];

    public string Type => Spec.Text("type");

    public string SecretStore => Body.Map("auth")?.Text("secretStore") ?? "";

    public IReadOnlyList<string> Scopes => Body.Texts("scopes");

    public IReadOnlyList<YamlMappingNode> Metadata => Spec.Maps("metadata");

    public string? Value(string name) => Metadata.FirstOrDefault(m => m.Text("name").Equals(name, StringComparison.OrdinalIgnoreCase))?.Text("value");

    public override string ToString() => $"{Path.GetRelativePath(Repository.Root, File)} {Kind} {Name}";

    public static IReadOnlyList<Resource> Parse(string text, string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => new Resource(file, (YamlMappingNode)document.RootNode))];
    }
}

internal static class Yaml
{
    public static string Text(this YamlMappingNode map, string name) => (map.Find(name) as YamlScalarNode)?.Value ?? "";

    public static YamlMappingNode? Map(this YamlMappingNode map, string name) => map.Find(name) as YamlMappingNode;

    public static IReadOnlyList<YamlMappingNode> Maps(this YamlMappingNode map, string name) =>
        map.Find(name) is YamlSequenceNode list ? [.. list.OfType<YamlMappingNode>()] : [];

    public static IReadOnlyList<string> Texts(this YamlMappingNode map, string name) =>
        map.Find(name) is YamlSequenceNode list ? [.. list.OfType<YamlScalarNode>().Select(s => s.Value ?? "")] : [];

    public static IEnumerable<string> Names(this YamlMappingNode? map) => map?.Children.Keys.Select(key => ((YamlScalarNode)key).Value ?? "") ?? [];

    private static YamlNode? Find(this YamlMappingNode map, string name) => map.Children.TryGetValue(new YamlScalarNode(name), out var node) ? node : null;
}
