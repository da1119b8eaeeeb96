using Xunit;

namespace DaprOrders.Operations.Tests.Queries;

/// <summary>Alerts that work, wake only for what hurts, and lead to a page that says what to do.</summary>
public sealed class RuleTests
{
    private static readonly string TestFolder = Repository.PathOf("tests/Deployment/Operations.Tests/rules");
    private static readonly IReadOnlyList<Rule> Alerts = [.. Query.Rules().Where(rule => rule.Alert.Length > 0)];

    [Fact]
    public async Task The_rules_do_what_their_unit_tests_say()
    {
        var (code, output) = await Tool.RunAsync(Tool.Find("promtool"), ["test", "rules", .. Directory.GetFiles(TestFolder, "*.test.yaml")]);

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task The_configuration_for_this_machine_is_sound_and_finds_the_rules()
    {
        var (code, output) = await Tool.RunAsync(Tool.Find("promtool"), "check", "config", Repository.PathOf("docs/prometheus.yml"));

        Assert.True(code == 0, output);
        Assert.All(Query.RuleFiles, file => Assert.Contains(Path.GetFileName(file), output, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_alert_is_shown_firing_and_quiet()
    {
        var tests = Directory.GetFiles(TestFolder, "*.test.yaml").SelectMany(File.ReadAllLines).ToList();
        foreach (var alert in Alerts.Select(rule => rule.Alert).Distinct())
        {
            var places = Enumerable.Range(0, tests.Count).Where(i => tests[i].Trim() == $"alertname: {alert}").ToList();
            Assert.Contains(places, i => tests[i + 1].Trim() == "exp_alerts:");
            if (alert != "ServiceMemoryGrows") Assert.Contains(places, i => tests[i + 1].Trim() == "exp_alerts: []"); // its one test holds both, by instance
        }
    }

    [Fact]
    public void Every_alert_has_a_page_and_every_page_an_alert()
    {
        Assert.All(Alerts, alert => Assert.Contains(alert.Severity, (string[])["page", "ticket"]));
        var named = Alerts.Select(alert => alert.Runbook.Split('/')[^1]).Distinct().Order(StringComparer.Ordinal);
        var pages = Directory.GetFiles(Repository.PathOf("docs/runbooks"), "*.md").Select(Path.GetFileName).Where(name => name != "README.md").Order(StringComparer.Ordinal);

        Assert.Equal(named, pages);
    }

    [Fact]
    public void Every_page_has_the_same_five_parts_and_fits_on_a_page()
    {
        foreach (var page in Directory.GetFiles(Repository.PathOf("docs/runbooks"), "*.md").Where(file => !file.EndsWith("README.md", StringComparison.Ordinal)))
        {
            var lines = File.ReadAllLines(page);
            Assert.Equal(["## Symptom", "## What users see", "## Check", "## Fix", "## Verify"], lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)));
            Assert.InRange(lines.Length, 20, 70);
        }
    }
}
