using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>What the chart tells people: the inventory of its values, the notes after an installation.</summary>
public sealed class DocumentTests
{
    private const string Begin = "<!-- values: generated from values.yaml by the tests (UPDATE_SNAPSHOTS=1); do not edit -->\n", End = "<!-- end of values -->";
    private static readonly string Readme = Path.Combine(Checkout.Chart, "README.md");
    private static readonly string Values = File.ReadAllText(Path.Combine(Checkout.Chart, "values.yaml"));

    [Fact]
    public void The_README_lists_every_value_as_values_yaml_has_it()
    {
        var text = File.ReadAllText(Readme);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var table = ValuesInventory.Table(ValuesInventory.Read(Values));

        if (Checkout.UpdatesSnapshots) File.WriteAllText(Readme, text[..from] + table + text[to..]);
        else Assert.Equal(table, text[from..to]);
    }

    [Fact]
    public void Every_value_is_explained_where_it_stands_or_by_what_holds_it()
    {
        var explained = ValuesInventory.Read(Values).Select(v => v.Path).ToHashSet();

        var silent = ValuesInventory.Leaves(Yaml.Documents(Values).Single()).Where(leaf => !explained.Any(path => leaf == path || leaf.StartsWith($"{path}.", StringComparison.Ordinal)));
        Assert.Empty(silent);
        Assert.True(explained.Count > 100, $"only {explained.Count} values");
    }

    [Fact]
    public async Task The_notes_warn_of_everything_that_is_not_for_production()
    {
        var notes = await NotesAsync();

        Assert.Contains("anybody can get an operator's token", notes);
        Assert.Contains("payments go to a simulator", notes);
        Assert.Contains("Ordering runs as ONE pod", notes);
        Assert.Contains("the key redis-password of the Secret redis", notes);
        Assert.Contains("port-forward service/shop-daprorders-gateway 8080:80", notes);
    }

    [Fact]
    public async Task The_notes_of_the_production_values_warn_of_nothing_and_name_every_secret_that_is_needed()
    {
        var notes = await NotesAsync(Rendered.Arguments("production"));

        Assert.DoesNotContain("NOT FOR PRODUCTION", notes);
        Assert.DoesNotContain("The network is open", notes);
        Assert.DoesNotContain("ONE pod", notes);
        Assert.Contains("https://shop.example.com", notes);
        Assert.Contains("The books are in the PostgreSQL orders.postgres, database ordering", notes);
        Assert.Contains("Ordering needs the key password of the Secret daprorders-postgres", notes);
        Assert.Contains("the key password of the Secret daprorders-kafka", notes);
        Assert.Contains("customer-token and operator-token, of your issuer, in the Secret daprorders-test-tokens", notes);
    }

    [Fact]
    public async Task The_notes_tell_that_back_ends_of_the_platform_need_a_way_through_the_network_policies()
    {
        Assert.Contains("name those of your components in networkPolicy.backends", await NotesAsync("--set", "components.external=true"));
        Assert.DoesNotContain("networkPolicy.backends", await NotesAsync("--set", "components.external=true,networkPolicy.enabled=false"));
    }

    [Fact]
    public void The_upgrade_notes_know_the_charts_version()
    {
        var version = Yaml.Documents(File.ReadAllText(Path.Combine(Checkout.Chart, "Chart.yaml"))).Single().Text("version");

        Assert.Contains($"| {version} |", File.ReadAllText(Path.Combine(Checkout.Chart, "UPGRADING.md")));
    }

    private static async Task<string> NotesAsync(params string[] arguments)
    {
        var result = await Helm.RunAsync(["install", "shop", Checkout.Chart, "--namespace", "orders", "--dry-run=client", .. arguments]);
        Assert.True(result.ExitCode == 0, result.Errors);
        return result.Output[result.Output.LastIndexOf("NOTES:", StringComparison.Ordinal)..];
    }
}
