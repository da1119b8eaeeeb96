using System.Text.RegularExpressions;
using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests.Images;

/// <summary>The Dockerfile's promises, read off its instructions; ImageTests builds it where a Docker runs.</summary>
public sealed partial class DockerfileTests
{
    private static readonly IReadOnlyList<(string Instruction, string Operand)> Instructions = Read();
    private static readonly IReadOnlyList<(string Instruction, string Operand)> Final = [.. Instructions.SkipWhile(i => !(i.Instruction == "FROM" && i.Operand.EndsWith(" AS final", StringComparison.Ordinal)))];

    [Fact]
    public void Bases_are_arguments_with_a_digest()
    {
        var bases = Instructions.Where(i => i.Instruction == "FROM").Select(i => i.Operand.Split(' ')[0]).Distinct();
        var arguments = Instructions.TakeWhile(i => i.Instruction != "FROM").Where(i => i.Instruction == "ARG").Select(i => i.Operand.Split('=', 2)).ToDictionary(a => a[0], a => a[1]);

        Assert.Equal(["${RUNTIME_IMAGE}", "${SDK_IMAGE}"], bases.Order());
        Assert.All(arguments.Values, image => Assert.Matches("@sha256:[0-9a-f]{64}$", image));
    }

    [Fact]
    public void Project_files_are_restored_before_sources_are_copied()
    {
        var build = Instructions.SkipWhile(i => i.Operand != "${SDK_IMAGE} AS build").Select(i => $"{i.Instruction} {i.Operand}").ToList();

        var projects = build.FindIndex(i => i == "COPY --from=projects /projects .");
        var restore = build.FindIndex(i => i.Contains("dotnet restore", StringComparison.Ordinal));
        var sources = build.FindIndex(i => i == "COPY src src");
        var publish = build.FindIndex(i => i.Contains("dotnet publish", StringComparison.Ordinal) && i.Contains("--no-restore", StringComparison.Ordinal));
        Assert.True(projects >= 0 && projects < restore && restore < sources && sources < publish, string.Join('\n', build));
    }

    [Fact]
    public void The_final_stage_runs_nothing_and_needs_no_shell()
    {
        Assert.DoesNotContain(Final, i => i.Instruction is "RUN" or "SHELL" or "ADD");
        Assert.All(Final.Where(i => i.Instruction is "ENTRYPOINT" or "CMD"), i => Assert.StartsWith("[", i.Operand));
        Assert.Contains("[\"/app/service\", \"--health\"]", Final.Single(i => i.Instruction == "HEALTHCHECK").Operand);
    }

    [Fact]
    public async Task Its_user_is_the_one_that_the_chart_runs()
    {
        var pod = (await Rendered.OfAsync("default")).Workloads().First();

        Assert.Equal($"{pod.Spec.Text("securityContext.runAsUser")}:{pod.Spec.Text("securityContext.runAsGroup")}", Final.Single(i => i.Instruction == "USER").Operand);
    }

    [Fact]
    public async Task It_exposes_the_port_that_the_chart_names()
    {
        var http = (await Rendered.OfAsync("default")).Workloads().First(w => w.Kind == "Deployment").Containers.Single().List("ports").Single(p => p.Text("name") == "http");

        Assert.Equal(http.Text("containerPort"), Final.Single(i => i.Instruction == "EXPOSE").Operand);
    }

    [Theory, InlineData("title"), InlineData("description"), InlineData("licenses"), InlineData("source"), InlineData("version"), InlineData("revision"), InlineData("created")]
    public void It_has_the_OCI_label(string label) => Assert.Contains($"org.opencontainers.image.{label}=", Final.Single(i => i.Instruction == "LABEL").Operand);

    [Fact]
    public void The_context_holds_sources_and_what_they_need_and_nothing_else()
    {
        var rules = File.ReadAllLines(Path.Combine(Checkout.Root, ".dockerignore")).Where(line => line.Length > 0 && line[0] != '#').ToList();

        Assert.Equal("*", rules[0]);
        Assert.Equal(["!.editorconfig", "!Directory.Build.props", "!Directory.Packages.props", "!global.json", "!src"], rules.Where(r => r[0] == '!').Order(StringComparer.Ordinal));
        Assert.All(rules.Where(r => r[0] == '!'), rule => Assert.True(Path.Exists(Path.Combine(Checkout.Root, rule[1..])), rule));
        Assert.Contains("**/bin", rules);
        Assert.Contains("**/obj", rules);
    }

    [Fact]
    public void Its_version_is_the_charts()
    {
        var chart = Yaml.Documents(File.ReadAllText(Path.Combine(Checkout.Chart, "Chart.yaml"))).Single().Text("appVersion");

        Assert.Contains(Final, i => i.Instruction == "ARG" && i.Operand == $"VERSION={chart}");
    }

    private static List<(string, string)> Read()
    {
        var text = Regex.Replace(Checkout.Read("Dockerfile"), @"^\s*#.*\n", "", RegexOptions.Multiline);
        return [.. Instruction().Matches(Regex.Replace(text, @"\\\n\s*", " ")).Select(m => (m.Groups[1].Value, m.Groups[2].Value.Trim()))];
    }

    [GeneratedRegex(@"^([A-Z]+) (.*)$", RegexOptions.Multiline)]
    private static partial Regex Instruction();
}
