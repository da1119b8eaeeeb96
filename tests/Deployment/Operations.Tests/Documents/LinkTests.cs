using System.Text.RegularExpressions;
using Xunit;

namespace DaprOrders.Operations.Tests.Documents;

/// <summary>Pages that lead somewhere: links and the files that are named in the text, and diagrams that are one.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] Diagrams = ["sequenceDiagram", "flowchart LR", "flowchart TB", "stateDiagram-v2"];

    private static IReadOnlyList<string> Pages =>
    [
        .. Directory.GetFiles(Repository.Root, "*.md"), .. Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories), Repository.PathOf("components/README.md"),
    ];

    [Fact]
    public void Every_link_to_a_file_leads_to_one()
    {
        var broken = Pages.SelectMany(page => Link().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)))
            .Select(target => $"{Path.GetRelativePath(Repository.Root, page)}: {target}"));

        Assert.Empty(broken);
    }

    [Fact]
    public void Every_file_that_a_page_names_is_there()
    {
        var broken = Pages.Where(page => !page.EndsWith("CHANGELOG.md", StringComparison.Ordinal)).SelectMany(page => Named().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value)
            .Where(name => !name.Contains('*') && !Path.Exists(Repository.PathOf(name)) && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, name)))
            .Select(name => $"{Path.GetRelativePath(Repository.Root, page)}: {name}"));

        Assert.Empty(broken);
    }

    [Fact]
    public void Every_diagram_is_complete()
    {
        foreach (var page in Pages)
        {
            foreach (Match block in Mermaid().Matches(File.ReadAllText(page)))
            {
                var lines = block.Groups[1].Value.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
                Assert.Contains(lines[0], Diagrams);
                var opened = lines.Count(line => Opening().IsMatch(line));
                Assert.True(opened == lines.Count(line => line == "end"), $"{page}: {opened} blocks are opened in the diagram after '{lines[1]}'");
                if (lines[0] != "sequenceDiagram") continue;
                var known = lines.Select(line => Participant().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToHashSet();
                foreach (var arrow in lines.Select(line => Arrow().Match(line)).Where(match => match.Success))
                    Assert.Subset(known, new HashSet<string> { arrow.Groups[1].Value, arrow.Groups[2].Value });
            }
        }
    }

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:docs|src|tests|components|charts|runbooks|capacity|\.github|\.ci)/[\w./*-]+)`")]
    private static partial Regex Named();

    [GeneratedRegex("```mermaid\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Mermaid();

    [GeneratedRegex(@"^(alt|opt|loop|par|critical|rect|subgraph)\b")]
    private static partial Regex Opening();

    [GeneratedRegex(@"^participant (\w+)")]
    private static partial Regex Participant();

    [GeneratedRegex(@"^(\w+)--?>>?\+?-?(\w+)\s*:")]
    private static partial Regex Arrow();
}
