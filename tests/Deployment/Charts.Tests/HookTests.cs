using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests;

/// <summary>The two hooks, each safe to run twice, in images that have no shell.</summary>
public sealed class HookTests
{
    [Fact]
    public async Task The_migration_runs_before_an_upgrade_on_the_volume_and_node_of_Ordering()
    {
        var rendering = await Rendered.OfAsync("default");
        var job = rendering.Of("Job").Single();
        var ordering = rendering.Workloads().Single(pod => pod.Service == "ordering" && pod.Kind == "Deployment");
        var container = job.List("spec.template.spec.containers").Single();

        Assert.Equal("pre-upgrade,pre-rollback", Annotation(job, "helm.sh/hook"));
        Assert.Equal("before-hook-creation,hook-succeeded", Annotation(job, "helm.sh/hook-delete-policy"));
        Assert.Equal("--migrate", container.List("args").Single().ToString());
        Assert.Null(container.At("command"));
        Assert.Equal(ordering.Containers.Single().Text("image"), container.Text("image"));
        Assert.Equal(Claim(ordering.Spec), Claim(job.At("spec.template.spec")!));
        var term = job.List("spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution").Single();
        Assert.True(ordering.Metadata.At("labels").Matches(term.At("labelSelector.matchLabels")));
        Assert.Equal("false", job.At("spec.template.metadata.annotations")!["dapr.io/enabled"]!.ToString());
    }

    [Fact]
    public async Task The_way_to_the_database_is_open_before_the_migration_runs()
    {
        var rendering = await Rendered.OfAsync("feature-postgres-store");
        var policy = rendering.Find("NetworkPolicy", "shop-daprorders-migration");
        var job = rendering.Of("Job").Single();

        Assert.Equal(Annotation(job, "helm.sh/hook"), Annotation(policy!, "helm.sh/hook"));
        Assert.True(int.Parse(Annotation(policy!, "helm.sh/hook-weight")!) < int.Parse(Annotation(job, "helm.sh/hook-weight")!));
        Assert.True(job.At("spec.template.metadata.labels").Matches(policy.At("spec.podSelector.matchLabels")));
        Assert.Contains(policy.List("spec.egress").SelectMany(rule => rule.List("ports")), port => port.Number("port") == 6432);
    }

    [Fact]
    public async Task Both_find_a_node_where_the_services_do_and_the_migration_has_the_environment_of_Ordering()
    {
        var rendering = await Rendered.OfAsync("feature-hardened");

        Assert.All(rendering.Workloads(), pod =>
        {
            Assert.Equal("linux", pod.Spec.At("nodeSelector")?["kubernetes.io/os"]?.ToString());
            Assert.Equal("dedicated", Assert.Single(pod.Spec.List("tolerations")).Text("key"));
        });
        Assert.Contains(rendering.Of("Job").Single().List("spec.template.spec.containers").Single().List("env"), e => e.Text("name") == "DOTNET_gcServer");
    }

    [Fact]
    public async Task The_test_places_one_order_under_a_key_of_this_revision()
    {
        var rendering = await Rendered.OfAsync("default");
        var pod = rendering.Of("Pod").Single();
        var container = pod.List("spec.containers").Single();

        Assert.Equal("test", Annotation(pod, "helm.sh/hook"));
        Assert.Equal("before-hook-creation", Annotation(pod, "helm.sh/hook-delete-policy"));
        Assert.Equal(["check", "http://shop-daprorders-gateway", "--run", "helm-test-shop-1", "--payment-token", "tok_visa_ok"], container.List("args").Select(a => a.ToString()));
        Assert.NotNull(rendering.Find("Service", "shop-daprorders-gateway"));
        Assert.Equal(80, rendering.Find("Service", "shop-daprorders-gateway").List("spec.ports").First(p => p.Text("name") == "http").Number("port"));
    }

    [Fact]
    public async Task With_another_issuer_the_test_takes_its_tokens_from_a_secret()
    {
        var pod = (await Rendered.OfAsync("feature-oidc")).Of("Pod").Single();

        Assert.Equal(["CUSTOMER_TOKEN", "OPERATOR_TOKEN"], pod.List("spec.containers").Single().List("env").Where(e => e.Text("valueFrom.secretKeyRef.name") == "shop-test-tokens").Select(e => e.Text("name")));
    }

    private static string? Annotation(JsonNode o, string name) => o.At("metadata.annotations")?[name]?.ToString();

    private static string? Claim(JsonNode spec) => spec.List("volumes").Select(v => v.Text("persistentVolumeClaim.claimName")).OfType<string>().Single();
}
