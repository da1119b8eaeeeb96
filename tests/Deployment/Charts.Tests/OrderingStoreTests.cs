using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests;

/// <summary>Ordering with its event store in PostgreSQL: as many pods as the values say, replaced one by one, without a volume.</summary>
public sealed class OrderingStoreTests
{
    [Fact]
    public async Task It_runs_in_several_pods_that_are_replaced_one_by_one_and_needs_no_volume()
    {
        var rendering = await Rendered.OfAsync("feature-postgres-store");
        var ordering = rendering.Find("Deployment", "shop-daprorders-ordering")!;

        Assert.Equal(3, ordering.Number("spec.replicas"));
        Assert.Equal("RollingUpdate", ordering.Text("spec.strategy.type"));
        Assert.DoesNotContain(ordering.List("spec.template.spec.volumes"), volume => volume.At("persistentVolumeClaim") is not null);
        Assert.Null(rendering.Find("PersistentVolumeClaim", "shop-daprorders-ordering"));
    }

    [Fact]
    public async Task It_may_be_scaled_by_its_load()
    {
        var production = await Rendered.OfAsync("production");

        Assert.NotNull(production.Find("HorizontalPodAutoscaler", "shop-daprorders-ordering"));
        Assert.Null(production.Find("Deployment", "shop-daprorders-ordering")!.At("spec.replicas"));
    }

    [Theory, InlineData("feature-postgres-store", null), InlineData("production", "daprorders-postgres")]
    public async Task Service_and_migration_have_the_same_connection_and_the_password_by_reference_only(string values, string? secret)
    {
        var rendering = await Rendered.OfAsync(values);
        var service = rendering.Find("Deployment", "shop-daprorders-ordering")!.List("spec.template.spec.containers").Single().List("env").ToDictionary(e => e.Text("name")!);
        var migration = rendering.Of("Job").Single().List("spec.template.spec.containers").Single().List("env").ToDictionary(e => e.Text("name")!);

        Assert.Equal("postgres", service["ORDERING_STORE"].Text("value"));
        Assert.Equal(service["ORDERING_POSTGRES"].Text("value"), migration["ORDERING_POSTGRES"].Text("value"));
        Assert.DoesNotContain("Password", service["ORDERING_POSTGRES"].Text("value"));
        foreach (var env in new[] { service, migration })
            Assert.Equal(secret, env.TryGetValue("ORDERING_POSTGRES_PASSWORD", out var password) ? password.Text("valueFrom.secretKeyRef.name") : null);
    }

    [Fact]
    public async Task The_migration_may_run_on_any_node_and_it_and_the_service_reach_the_database()
    {
        var rendering = await Rendered.OfAsync("feature-postgres-store");

        Assert.Null(rendering.Of("Job").Single().At("spec.template.spec.affinity"));
        foreach (var name in new[] { "shop-daprorders-ordering", "shop-daprorders-migration" })
            Assert.Contains(rendering.Find("NetworkPolicy", name)!.List("spec.egress"), rule => rule.List("ports").Any(port => port.Number("port") == 6432));
        Assert.True(rendering.Of("Job").Single().At("spec.template.metadata.labels").Matches(rendering.Find("NetworkPolicy", "shop-daprorders-migration")!.At("spec.podSelector.matchLabels")));
    }

    [Fact]
    public async Task With_a_file_nothing_of_it_is_there()
    {
        var rendering = await Rendered.OfAsync("default");

        Assert.DoesNotContain(rendering.Workloads().SelectMany(pod => pod.Containers).SelectMany(container => container.List("env")), e => e.Text("name")!.StartsWith("ORDERING_", StringComparison.Ordinal));
        Assert.Null(rendering.Find("NetworkPolicy", "shop-daprorders-migration"));
    }
}
