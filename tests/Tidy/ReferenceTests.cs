using System.Text.RegularExpressions;
using Xunit;

namespace Tidy;

/// <summary>Who may reference whom (docs/adr/0002, the table of the design).</summary>
public sealed partial class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["src/Shared/MiniGrpc"] = [],
        ["src/Shared/Contracts"] = [],
        ["src/Shared/ServiceDefaults"] = ["src/Shared/MiniGrpc"],
        ["src/Sdk/Dapr.Protocol"] = ["src/Shared/MiniGrpc"],
        ["src/Sdk/"] = ["src/Sdk/", "src/Shared/MiniGrpc"],
        ["src/LocalDapr/Engine"] = [],
        ["src/LocalDapr/Runtime"] = ["src/LocalDapr/Engine", "src/Shared/MiniGrpc", "src/Sdk/Dapr.Protocol"],
        ["src/LocalDapr/Cli"] = ["src/LocalDapr/Runtime"],
        ["src/Services/Gateway"] = ["src/Shared/Contracts", "src/Shared/ServiceDefaults", "src/Shared/MiniGrpc"],
        ["src/Services/"] = ["src/Shared/Contracts", "src/Shared/ServiceDefaults"],
        ["src/Simulators/"] = [],
        ["src/Tools/Move"] = ["src/Services/Ordering"], // docs/adr/0016
    };

    [Fact]
    public void Every_project_references_only_what_the_table_allows()
    {
        var broken = new List<string>();
        foreach (var project in Repository.Files("*.csproj", "src"))
        {
            var folder = Repository.Relative(Path.GetDirectoryName(project)!);
            var allowed = AllowedFor(folder);
            foreach (Match match in ProjectReference().Matches(File.ReadAllText(project)))
            {
                var target = Repository.Relative(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, Path.GetDirectoryName(match.Groups[1].Value)!)));
                if (!allowed.Any(prefix => target == prefix || (prefix.EndsWith('/') && target.StartsWith(prefix, StringComparison.Ordinal))))
                    broken.Add($"{folder} references {target}");
            }
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Services_never_name_LocalDapr()
    {
        var broken = Repository.Files("*.cs", "src/Services").Where(file => File.ReadAllText(file).Contains("using LocalDapr", StringComparison.Ordinal));

        Assert.Empty(broken.Select(Repository.Relative));
    }

    [Fact]
    public void The_engine_takes_no_package()
    {
        Assert.DoesNotContain("PackageReference", File.ReadAllText(Path.Combine(Repository.Root, "src/LocalDapr/Engine/Engine.csproj")));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "DaprOrders.sln")).Replace('\\', '/');

        var absent = Repository.Files("*.csproj", "src", "tests").Select(Repository.Relative).Where(p => !solution.Contains(p, StringComparison.Ordinal)).ToList();
        Assert.Empty(absent);
    }

    private static string[] AllowedFor(string folder) =>
        Allowed.TryGetValue(folder, out var exact) ? exact
        : Allowed.FirstOrDefault(rule => rule.Key.EndsWith('/') && folder.StartsWith(rule.Key, StringComparison.Ordinal)).Value
            ?? throw new InvalidOperationException($"{folder} stands in no row of the table: add one, with the reason in an ADR.");

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex ProjectReference();
}
