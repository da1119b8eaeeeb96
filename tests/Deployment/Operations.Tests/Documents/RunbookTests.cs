using System.Text.Json;
using System.Text.RegularExpressions;
using DaprOrders.Operations.Tests.Queries;
using Xunit;

namespace DaprOrders.Operations.Tests.Documents;

/// <summary>Whoever is woken finds what the page names: the panel, the line of the log, the setting, the recorded ratio.</summary>
public sealed partial class RunbookTests
{
    private static readonly string Pages = string.Concat(Directory.GetFiles(Repository.PathOf("docs/runbooks"), "*.md").Select(File.ReadAllText));

    private static readonly string Source = string.Concat(Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));

    /// <summary>In italics, in the pages, are the parts of our documents and dashboards.</summary>
    [Fact]
    public void Every_panel_and_dashboard_is_there()
    {
        var titles = Query.DashboardFiles.SelectMany(file => Titles(JsonDocument.Parse(File.ReadAllText(file)).RootElement)).ToList();
        var named = Italics().Matches(Pages).Select(match => match.Groups[1].Value).Where(name => name is not "Use it by hand").Distinct().ToList();

        Assert.True(named.Count > 8);
        Assert.All(named, name => Assert.Contains(titles, title => title.StartsWith(name, StringComparison.Ordinal) || title == $"DaprOrders: {name}"));
    }

    /// <summary>A log's words are quoted after "Logs of" a service.</summary>
    [Fact]
    public void Every_line_of_a_log_is_written_by_somebody()
    {
        var lines = LogLines().Matches(Pages).SelectMany(match => Quoted().Matches(match.Value)).Select(match => match.Groups[1].Value)
            .Where(line => line != "The circuit is now open").ToList(); // the reason that Polly gives, within a line of ours

        Assert.True(lines.Count >= 3);
        Assert.All(lines, line => Assert.Matches(@"LoggerMessage\([^\n]*Message = ""[^""\n]*" + Regex.Escape(line), Source));
    }

    [Fact]
    public void Every_variable_is_read_by_somebody()
    {
        var variables = Variable().Matches(Pages).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.True(variables.Count > 4);
        Assert.All(variables, variable => Assert.Contains($"\"{variable}\"", Source, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_metric_is_one_that_dashboards_or_rules_ask_for()
    {
        var asked = Query.OfDashboards().Concat(Query.OfRules()).SelectMany(query => PromQl.NeededBy(PromQl.Filled(query.Text))).Select(needed => needed.Metric)
            .Concat(Query.Rules().Select(rule => rule.Record)).ToHashSet();
        var named = Metric().Matches(Pages).Select(match => match.Value).Distinct().ToList();

        Assert.True(named.Count > 4);
        Assert.All(named, metric => Assert.Contains(metric, asked));
    }

    private static IEnumerable<string> Titles(JsonElement dashboard) =>
        dashboard.GetProperty("panels").EnumerateArray().Select(panel => panel.GetProperty("title").GetString()!).Append(dashboard.GetProperty("title").GetString()!);

    [GeneratedRegex(@"(?<!\*)\*([A-Za-z][^*\n]+)\*(?!\*)")]
    private static partial Regex Italics();

    [GeneratedRegex(@"Logs of [^\n]*(?:\n   [^\n]*)*")]
    private static partial Regex LogLines();

    [GeneratedRegex("\"([A-Za-z][^\"]{12,})\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("`([A-Z]+(?:_[A-Z]+)+)`")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\bdaprorders[_:][a-z_:0-9]+")]
    private static partial Regex Metric();
}
