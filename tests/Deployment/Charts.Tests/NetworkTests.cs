using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests;

/// <summary>The network policies as a reachability table: everything closed, then exactly the paths that the design has.</summary>
public sealed class NetworkTests
{
    private static readonly Dictionary<string, int> ControlPlane = new()
    {
        ["dapr-operator"] = 6500, ["dapr-placement-server"] = 50005, ["dapr-scheduler-server"] = 50006, ["dapr-sentry"] = 50001,
    };

    public static TheoryData<string> Matrix => [.. Rendered.Matrix.Where(name => name != "feature-open")];

    [Theory, MemberData(nameof(Matrix))]
    public async Task Every_pod_is_closed_in_both_directions(string values)
    {
        var rendering = await Rendered.OfAsync(values);
        var deny = rendering.Of("NetworkPolicy").Single(p => p.At("spec.ingress") is null && p.At("spec.egress") is null);

        Assert.Equal(["Egress", "Ingress"], deny.List("spec.policyTypes").Select(t => t.ToString()).Order());
        Assert.All(rendering.Workloads(), pod => Assert.True(pod.Metadata.At("labels").Matches(deny.At("spec.podSelector.matchLabels")), pod.ToString()));
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task A_sidecar_reaches_those_that_its_service_calls_and_the_control_plane(string values)
    {
        var rendering = await Rendered.OfAsync(values);

        foreach (var pod in rendering.Workloads().Where(pod => pod.HasSidecar))
        {
            foreach (var callee in Callees(rendering, pod.Service))
            {
                Assert.True(Opens(Policy(rendering, pod.Service), "egress", callee, 50002), $"{values}: {pod.Service} may not send to {callee}");
                Assert.True(Opens(Policy(rendering, callee), "ingress", pod.Service, 50002), $"{values}: {callee} takes nothing from {pod.Service}");
            }

            foreach (var (app, port) in ControlPlane)
                Assert.Contains(Policy(rendering, pod.Service).List("spec.egress"), rule => Ports(rule).Contains(port)
                    && rule.List("to").Any(to => to.At("podSelector.matchLabels")?["app"]?.ToString() == app && to.At("namespaceSelector.matchLabels")?["kubernetes.io/metadata.name"]?.ToString() == "dapr-system"));
        }
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task Nothing_but_the_public_edge_is_open_to_everybody(string values)
    {
        var rendering = await Rendered.OfAsync(values);

        foreach (var policy in rendering.Of("NetworkPolicy"))
        {
            var open = policy.List("spec.ingress").Where(rule => !rule.List("from").Any()).ToList();
            if (policy.At("spec.podSelector.matchLabels")?["app.kubernetes.io/name"]?.ToString() == "gateway") Assert.All(open, rule => Assert.Equal([8080, 8081], Ports(rule)));
            else Assert.Empty(open);
            Assert.DoesNotContain(policy.List("spec.egress"), rule => !rule.List("to").Any() || !Ports(rule).Any());
        }
    }

    [Fact]
    public async Task Only_those_who_charge_and_audit_reach_the_payment_provider()
    {
        var simulated = await Rendered.OfAsync("default");
        var real = await Rendered.OfAsync("feature-oidc");

        var from = Policy(simulated, "payment-provider").List("spec.ingress").SelectMany(r => r.List("from")).Select(f => f.At("podSelector.matchLabels")!["app.kubernetes.io/name"]!.ToString());
        Assert.Equal(["auditor", "payments"], from.Order());
        Assert.Null(real.Find("Deployment", "shop-daprorders-payment-provider"));
        var outside = new[] { "gateway", "ordering", "inventory", "payments", "notifications", "customers", "auditor" }
            .Where(service => Policy(real, service).List("spec.egress").Any(r => r.List("to").Any(t => t.Text("ipBlock.cidr") == "0.0.0.0/0") && Ports(r).Contains(443)));
        Assert.Equal(["gateway", "payments", "notifications", "auditor"], outside); // the Gateway for the issuer's keys, Notifications for customers' webhooks
    }

    [Fact]
    public async Task An_issuer_in_the_cluster_can_be_let_through()
    {
        var result = await Helm.TemplateWithAsync("{auth: {mode: oidc, authority: 'https://keycloak.identity.svc/shop'}, networkPolicy: {issuer: {to: [{namespaceSelector: {matchLabels: {a: identity}}}], ports: [8443]}}}");
        var rendering = new Rendered("issuer", result.Output);

        var rule = Assert.Single(Policy(rendering, "gateway").List("spec.egress"), rule => Ports(rule).Contains(8443));
        Assert.Equal("identity", Assert.Single(rule.List("to")).Text("namespaceSelector.matchLabels.a"));
        Assert.DoesNotContain(Policy(rendering, "gateway").List("spec.egress"), r => r.List("to").Any(to => to.At("ipBlock") is not null));
    }

    [Theory, InlineData("set-redis", 6379), InlineData("set-kafka", 9093, 5432), InlineData("set-rabbitmq-postgres", 5672, 5432), InlineData("set-aws", 443, 5432), InlineData("set-azure", 443, 5671, 5432), InlineData("set-gcp", 443, 5432)]
    public async Task Exactly_the_services_with_components_reach_the_back_ends_of_the_set(string values, params int[] ports)
    {
        var rendering = await Rendered.OfAsync(values);
        var scoped = rendering.Of("Component").Where(c => c.Text("metadata.name") is "statestore" or "documents" or "orders-pubsub").SelectMany(c => c.List("scopes")).Select(s => s.ToString()).Distinct();

        var reaching = rendering.Workloads().Where(pod => pod.HasSidecar && ports.All(port => Policy(rendering, pod.Service).List("spec.egress").Any(rule => Ports(rule).Contains(port)))).Select(pod => pod.Service);
        Assert.Equal(scoped.Order(), reaching.Order());
    }

    [Fact]
    public async Task On_Azure_the_pods_with_components_ask_for_a_workload_identity()
    {
        foreach (var pod in (await Rendered.OfAsync("set-azure")).Workloads().Where(pod => pod.HasSidecar))
            Assert.Equal(pod.Service == "gateway" ? null : "true", pod.Metadata.At("labels")!["azure.workload.identity/use"]?.ToString());
    }

    /// <summary>Whom a service calls, by the access control of all others; and whose actors it uses, by the components of actors.</summary>
    private static IEnumerable<string> Callees(Rendered rendering, string service)
    {
        var called = rendering.Of("Configuration").Where(c => c.List("spec.accessControl.policies").Any(p => p.Text("appId") == service)).Select(c => c.At("metadata.labels")!["app.kubernetes.io/name"]!.ToString());
        string[] actorHosts = ["inventory", "ordering"];
        return actorHosts.Contains(service) ? called.Union(actorHosts) : called;
    }

    private static JsonNode Policy(Rendered rendering, string service) =>
        rendering.Of("NetworkPolicy").Single(p => p.At("spec.podSelector.matchLabels")?["app.kubernetes.io/name"]?.ToString() == service);

    private static bool Opens(JsonNode policy, string direction, string other, int port) => policy.List($"spec.{direction}").Any(rule => Ports(rule).Contains(port)
        && rule.List(direction == "egress" ? "to" : "from").Any(peer => peer.At("podSelector.matchLabels")?["app.kubernetes.io/name"]?.ToString() == other));

    private static IEnumerable<int> Ports(JsonNode rule) => rule.List("ports").Select(p => p.Number("port"));
}
