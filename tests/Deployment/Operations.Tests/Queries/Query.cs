using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace DaprOrders.Operations.Tests.Queries;

/// <summary>A query, and where it stands.</summary>
internal sealed record Query(string Place, string Text)
{
    public static IReadOnlyList<string> DashboardFiles => [.. Directory.GetFiles(Repository.PathOf("charts/daprorders/dashboards"), "*.json").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> RuleFiles => [.. Directory.GetFiles(Repository.PathOf("charts/daprorders/rules"), "*.yaml").Order(StringComparer.Ordinal)];

    public static IEnumerable<Query> OfDashboards() => DashboardFiles.SelectMany(file =>
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
        return dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray()
            .Select(target => new Query($"{Path.GetFileName(file)}: {panel.GetProperty("title").GetString()}", target.GetProperty("expr").GetString()!))).ToList();
    });

    public static IEnumerable<Query> OfRules() => Rules().Select(rule => new Query($"rule {rule.Record}{rule.Alert}", rule.Expression));

    public static IReadOnlyList<Rule> Rules() => [.. RuleFiles.SelectMany(file =>
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(file)));
        return ((YamlSequenceNode)stream.Documents[0].RootNode["groups"]).SelectMany(group => ((YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>()).Select(Rule.Of);
    })];
}

internal sealed record Rule(string Record, string Alert, string Expression, string Severity, string Runbook)
{
    public static Rule Of(YamlMappingNode rule) => new(
        Text(rule, "record"), Text(rule, "alert"), Text(rule, "expr"), Inside(rule, "labels", "severity"), Inside(rule, "annotations", "runbook_url"));

    private static string Text(YamlMappingNode map, string name) => map.Children.TryGetValue(name, out var node) ? ((YamlScalarNode)node).Value ?? "" : "";

    private static string Inside(YamlMappingNode map, string section, string name) => map.Children.TryGetValue(section, out var node) ? Text((YamlMappingNode)node, name) : "";
}
