using System.Text.RegularExpressions;
using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests;

/// <summary>
/// The manifests of the default and of the production values, reviewed as files. UPDATE_SNAPSHOTS=1 writes them. What is copied from other reviewed files is
/// named only: component sets, alerts, dashboards.
/// </summary>
public sealed partial class SnapshotTests
{
    [Theory, InlineData("default"), InlineData("production")]
    public async Task The_manifests_are_as_reviewed(string values)
    {
        var file = Path.Combine(Checkout.Tests, "Snapshots", $"{values}.yaml");
        var manifests = Reviewed((await Rendered.OfAsync(values)).Text);

        if (Checkout.UpdatesSnapshots) await File.WriteAllTextAsync(file, manifests, TestContext.Current.CancellationToken);
        else Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), manifests, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Two_renderings_differ_in_the_secrets_that_are_made_up_only()
    {
        var texts = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ => (await Helm.TemplateAsync()).Output));

        Assert.NotEqual(texts[0], texts[1]);
        Assert.Equal(MadeUp().Replace(texts[0], "$1"), MadeUp().Replace(texts[1], "$1"));
    }

    [Fact]
    public async Task With_secrets_of_the_platform_two_renderings_are_the_same()
    {
        var texts = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ => (await Helm.TemplateAsync(Rendered.Arguments("production"))).Output));

        Assert.Equal(texts[0], texts[1]);
    }

    private static string Reviewed(string manifests) => string.Join("---\n", MadeUp().Replace(manifests, "$1: made at the installation").Split("---\n").Select(document =>
        IsCopied().IsMatch(document) ? $"# {Kind().Match(document).Value} {Name().Match(document).Groups[1].Value}: from components/, rules/ or dashboards/\n" : document));

    [GeneratedRegex(@"^# Source: daprorders/templates/components\.yaml|^kind: PrometheusRule$|grafana_dashboard", RegexOptions.Multiline)]
    private static partial Regex IsCopied();

    [GeneratedRegex(@"^kind: \w+", RegexOptions.Multiline)]
    private static partial Regex Kind();

    [GeneratedRegex(@"^  name: (\S+)", RegexOptions.Multiline)]
    private static partial Regex Name();

    [GeneratedRegex(@"(?<=\n)(  (?:token|token-key\.pem)): \S+(?=\n)")]
    private static partial Regex MadeUp();
}
