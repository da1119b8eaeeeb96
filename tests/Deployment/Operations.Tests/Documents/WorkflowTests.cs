using System.Text.RegularExpressions;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace DaprOrders.Operations.Tests.Documents;

/// <summary>The pipeline does what a person does: the two commands of the README, with no rights and no way to hang.</summary>
public sealed partial class WorkflowTests
{
    private static readonly string Text = File.ReadAllText(Repository.PathOf(".github/workflows/ci.yml"));
    private static readonly YamlNode Root = Parse();

    [Fact]
    public void It_runs_the_two_commands_and_no_other_way_around_them()
    {
        var runs = Steps().Where(step => step.Children.ContainsKey("run")).Select(step => (string)step["run"]!).ToList();

        Assert.Contains("./run.sh --exit", runs);
        Assert.Contains("./test.sh", runs);
        Assert.DoesNotContain(runs, run => run.Contains("dotnet ", StringComparison.Ordinal) || run.Contains("|| true", StringComparison.Ordinal));
    }

    [Fact]
    public void It_has_no_secret_no_right_to_write_and_an_end()
    {
        Assert.Equal("read", (string)Root["permissions"]["contents"]!);
        Assert.Single(((YamlMappingNode)Root["permissions"]).Children);
        Assert.DoesNotContain("secrets.", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("pull_request_target", Text, StringComparison.Ordinal);
        Assert.All(((YamlMappingNode)Root["jobs"]).Children.Values, job => Assert.InRange(int.Parse((string)job["timeout-minutes"]!), 1, 60));
    }

    /// <summary>A tag can be moved to other code, a commit cannot; the version stands beside it for people and bots.</summary>
    [Fact]
    public void Every_action_is_a_commit()
    {
        var uses = Text.Split('\n').Where(line => line.Contains("uses:", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(uses);
        Assert.All(uses, line => Assert.Matches("uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+$", line));
    }

    [Fact]
    public void It_installs_every_tool_that_the_clean_checkout_script_installs()
    {
        var wanted = ToolList().Match(File.ReadAllText(Repository.PathOf(".ci/run"))).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Except(["curl", "jq", "node", "npm"]); // on GitHub's image, or by setup-node

        Assert.All(wanted, tool => Assert.Contains($" {tool}", Text, StringComparison.Ordinal));
    }

    private static IEnumerable<YamlMappingNode> Steps() =>
        ((YamlMappingNode)Root["jobs"]).Children.Values.SelectMany(job => ((YamlSequenceNode)job["steps"]).Cast<YamlMappingNode>());

    private static YamlNode Parse()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Text));
        return stream.Documents[0].RootNode;
    }

    [GeneratedRegex("for tool in ([^;]+); do")]
    private static partial Regex ToolList();
}
