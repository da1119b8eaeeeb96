using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>The chart over the matrix of value files: lint, and every object against its kind's schema, custom resources included.</summary>
public sealed class RenderTests
{
    private static readonly (JsonSchema Schema, JsonNode Kinds)[] Schemas = [.. new[] { "kubernetes.json", "dapr.json", "own.json" }.Select(file =>
    {
        var root = JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Tests, "Schemas", file)))!;
        return (new JsonSchema(root), root["kinds"]!);
    })];

    public static TheoryData<string> Matrix => Rendered.MatrixData;

    [Theory, MemberData(nameof(Matrix))]
    public async Task Helm_finds_nothing_to_complain_about(string values)
    {
        var lint = await Helm.RunAsync(["lint", "--strict", Checkout.Chart, "--namespace", "orders", .. Rendered.Arguments(values)]);

        Assert.True(lint.ExitCode == 0, lint.All);
        Assert.DoesNotContain("[WARNING]", lint.All);
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task Every_object_fits_the_schema_of_its_kind(string values)
    {
        var rendering = await Rendered.OfAsync(values);

        var errors = rendering.Objects.SelectMany(o => Errors(o).Select(error => $"{o.Text("kind")} {o.Text("metadata.name")} {error}"));
        Assert.Empty(errors);
        Assert.True(rendering.Objects.Count > 30, $"only {rendering.Objects.Count} objects");
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task No_object_is_rendered_twice(string values)
    {
        var rendering = await Rendered.OfAsync(values);

        var twice = rendering.Objects.GroupBy(o => $"{o.Text("apiVersion")} {o.Text("kind")} {o.Text("metadata.name")}").Where(same => same.Count() > 1).Select(same => same.Key);
        Assert.Empty(twice);
    }

    [Fact]
    public async Task The_packed_chart_renders_the_same()
    {
        var folder = Directory.CreateTempSubdirectory("daprorders-chart").FullName;
        try
        {
            var packed = await Helm.RunAsync(["package", Checkout.Chart, "--destination", folder]);
            Assert.True(packed.ExitCode == 0, packed.All);

            var result = await Helm.RunAsync(["template", "shop", Directory.GetFiles(folder).Single(), "--namespace", "orders", .. Rendered.Arguments("production")]);
            Assert.Equal((await Rendered.OfAsync("production")).Text, result.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>"1e5" is a number to YAML where it is not quoted, and no name for a Service.</summary>
    [Theory, InlineData("1e5", "123"), InlineData("a.b", "true"), InlineData("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", "null")]
    public async Task A_release_and_a_namespace_may_have_any_legal_name(string release, string space)
    {
        var result = await Helm.RunAsync(["template", release, Checkout.Chart, "--namespace", space, "--set", "commonLabels.team=a,defaults.podLabels.team=b,defaults.podLabels.app\\.kubernetes\\.io/name=other"]);
        Assert.True(result.ExitCode == 0, result.Errors);
        var rendering = new Rendered("odd names", result.Output);

        Assert.Empty(rendering.Objects.SelectMany(Errors));
        Assert.All(rendering.Objects, o => Assert.Equal(space, o.At("metadata.namespace") is JsonValue text && text.TryGetValue<string>(out var name) ? name : null));
        Assert.All(rendering.Objects, o => Assert.Matches("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$", o.Text("metadata.name")!));
        Assert.All(rendering.Workloads().Where(w => w.Kind == "Deployment"), pod =>
        {
            Assert.True(pod.Metadata.At("labels").Matches(pod.Object.At("spec.selector.matchLabels")));
            Assert.Equal("b", pod.Metadata.At("labels")!["team"]!.ToString());
        });
    }

    [Fact]
    public async Task An_empty_quantity_is_left_out()
    {
        var result = await Helm.TemplateWithAsync("{defaults: {resources: {requests: {cpu: ''}}, sidecar: {resources: {limits: {memory: ''}}}}}");
        var rendering = new Rendered("empty quantities", result.Output);

        Assert.Empty(rendering.Objects.SelectMany(ApiServerRules.All["quantities"]));
        Assert.DoesNotContain(rendering.Workloads(), pod => pod.Annotation("dapr.io/sidecar-memory-limit") is "");
        Assert.Contains(rendering.Workloads(), pod => pod.Service == "customers" && pod.Annotation("dapr.io/sidecar-memory-request") == "96Mi");
    }

    [Fact]
    public void An_unknown_field_a_wrong_type_and_a_missing_field_are_found()
    {
        var service = JsonNode.Parse("""{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":"eighty"}],"selektor":{}}}""")!;
        var route = JsonNode.Parse("""{"apiVersion":"dapr.io/v1alpha1","kind":"Component","metadata":{"name":"a"},"spec":{"version":"v1","metadata":[]}}""")!;

        Assert.Contains(Errors(service), error => error.Contains("unknown field selektor", StringComparison.Ordinal));
        Assert.Contains(Errors(service), error => error.StartsWith("/spec/ports/0/port: type", StringComparison.Ordinal));
        Assert.Contains(Errors(route), error => error.EndsWith("type is missing", StringComparison.Ordinal));
    }

    internal static IEnumerable<string> Errors(JsonNode o)
    {
        var kind = $"{o.Text("apiVersion")}/{o.Text("kind")}";
        var found = Schemas.FirstOrDefault(s => s.Kinds[kind] is not null);
        return found.Schema is null ? [$"there is no schema of {kind}"] : found.Schema.Check(o, found.Kinds[kind]!);
    }
}
