using Xunit;
using YamlDotNet.RepresentationModel;

namespace DaprOrders.Components.Tests;

/// <summary>A folder below components/ with everything in it.</summary>
internal sealed record ComponentSet(string Name, IReadOnlyList<Resource> Resources)
{
    public static readonly string[] Names = ["local", "redis", "kafka", "rabbitmq-postgres", "aws", "azure", "gcp"];

    public string Folder => Repository.PathOf("components", Name);

    public IEnumerable<Resource> Components => Of("Component");

    public IEnumerable<Resource> Of(string kind) => Resources.Where(r => r.Kind == kind);

    public Resource Component(string name) => Components.Single(c => c.Name == name);

    public static ComponentSet Load(string name)
    {
        var folder = Repository.PathOf("components", name);
        return new(name, [.. Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).SelectMany(file => Resource.Parse(File.ReadAllText(file), file))]);
    }

    public static IEnumerable<TheoryDataRow<string>> All() => Names.Select(name => new TheoryDataRow<string>(name));
}

/// <summary>dapr.yaml, read once.</summary>
internal static class RunFile
{
    public static readonly YamlMappingNode Root = Resource.Parse(File.ReadAllText(Repository.PathOf("dapr.yaml")), "dapr.yaml").Single().Body;

    public static IReadOnlyList<YamlMappingNode> Apps => Root.Maps("apps");

    public static IReadOnlyList<string> AppIds => [.. Apps.Select(app => app.Text("appID"))];
}
