using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests;

/// <summary>The component sets in the chart are those of /components: Helm packs only what lies in the chart's folder.</summary>
public sealed class ComponentCopyTests
{
    private static readonly string[] Sets = ["aws", "azure", "gcp", "kafka", "rabbitmq-postgres", "redis"];

    [Fact]
    public void The_copies_are_equal_to_the_sets_byte_for_byte()
    {
        var source = Files(Path.Combine(Checkout.Root, "components"));
        var copy = Files(Path.Combine(Checkout.Chart, "components"));

        Assert.True(source.SequenceEqual(copy), "The chart's copies differ from components/: run charts/daprorders/take-components.sh");
        Assert.Equal(Sets, copy.Select(file => file.Name.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory, InlineData("redis"), InlineData("kafka"), InlineData("rabbitmq-postgres"), InlineData("aws"), InlineData("azure"), InlineData("gcp")]
    public async Task Every_resource_of_a_set_is_rendered_once_but_its_configuration(string set)
    {
        var rendering = await Rendered.OfAsync($"set-{set}");
        var files = Directory.GetFiles(Path.Combine(Checkout.Root, "components", set), "*.yaml").SelectMany(file => Yaml.Documents(File.ReadAllText(file)));

        foreach (var document in files.Where(d => d.Text("kind") != "Configuration"))
        {
            var rendered = rendering.Find(document.Text("kind")!, document.Text("metadata.name")!);
            Assert.Equal(document.At("spec")!.ToJsonString().Length, rendered.At("spec")!.ToJsonString().Length);
            Assert.Equal(document.At("scopes")?.ToJsonString(), rendered.At("scopes")?.ToJsonString());
            Assert.Equal("orders", rendered.Text("metadata.namespace"));
        }
    }

    [Fact]
    public async Task With_components_of_the_platform_the_chart_renders_none()
    {
        var rendering = await Rendered.OfAsync("set-external");

        Assert.DoesNotContain(rendering.Objects, o => o.Text("kind") is "Component" or "Subscription" or "Resiliency");
        Assert.DoesNotContain(rendering.Workloads(), pod => pod.Annotation("dapr.io/env-from-secret") is not null);
    }

    [Fact]
    public async Task A_sidecar_gets_the_secrets_that_its_components_refer_to_and_no_other()
    {
        var pods = (await Rendered.OfAsync("set-kafka")).Workloads().Where(pod => pod.HasSidecar).ToDictionary(pod => pod.Service, pod => pod.Annotation("dapr.io/env-from-secret"));

        Assert.Equal("SHOP_POSTGRES_PASSWORD=daprorders-postgres:password", pods["payments"]);
        Assert.All((string[])["ordering", "auditor"], name => Assert.Equal("SHOP_KAFKA_PASSWORD=daprorders-kafka:password,SHOP_POSTGRES_PASSWORD=daprorders-postgres:password", pods[name]));
        Assert.Null(pods["gateway"]);
    }

    private static List<(string Name, string Text)> Files(string folder) =>
        [.. Sets.SelectMany(set => Directory.GetFiles(Path.Combine(folder, set), "*.yaml")).Select(file => (Path.GetRelativePath(folder, file), File.ReadAllText(file))).Order()];
}
