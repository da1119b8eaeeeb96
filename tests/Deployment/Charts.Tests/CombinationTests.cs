using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>
/// Values that nobody wrote down together: one choice a dimension, at random. Whatever legal values meet, the objects are valid and the pods keep their
/// promises. The seed is in the message; CHART_COMBINATIONS=500 tries more than the few of every run.
/// </summary>
public sealed class CombinationTests
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("CHART_COMBINATIONS") ?? "25");

    /// <summary>Dimension → choices; a choice is what `--set-json` takes. An empty one leaves the default.</summary>
    private static readonly string[][] Choices =
    [
        ["components.set=\"redis\"", "components.set=\"kafka\"", "components.set=\"rabbitmq-postgres\"", "components.set=\"aws\"", "components.set=\"azure\"", "components.set=\"gcp\"", "components.external=true"],
        ["", "services.notifications.autoscaling={\"kind\":\"keda\",\"trigger\":{\"host\":\"h\"},\"triggerAuthentication\":\"broker.auth\"}", "services.notifications.autoscaling.kind=\"none\""],
        ["", "services.gateway.autoscaling.kind=\"keda\"", "services.gateway.autoscaling.kind=\"none\",services.gateway.replicas=1"],
        ["services.customers.replicas=0", "services.customers.replicas=1", "services.customers.replicas=3"],
        ["", "ordering.store=\"postgres\"", "ordering.store=\"postgres\",services.ordering.replicas=3", "ordering={\"store\":\"postgres\",\"postgres\":{\"passwordSecret\":\"\"}},services.ordering.autoscaling.kind=\"hpa\""],
        ["", "route={\"kind\":\"ingress\",\"host\":\"a.example\",\"tls\":{\"secretName\":\"a.example-tls\"}}", "route={\"kind\":\"gateway\",\"host\":\"a.example\",\"grpcHost\":\"g.example\",\"gateway\":{\"name\":\"edge\",\"namespace\":\"edge\"},\"annotations\":{\"a.example/b\":\"yes\"}}",
            "route={\"kind\":\"gateway\",\"host\":\"*.example\",\"tls\":{\"secretName\":\"a\"},\"gateway\":{\"className\":\"envoy\"}}"],
        ["", "monitoring={\"metrics\":true,\"serviceMonitor\":true,\"prometheusRule\":true,\"dashboards\":true,\"labels\":{\"grafana_dashboard\":\"yes\",\"team\":\"b\",\"app.kubernetes.io/part-of\":\"other\"}}", "monitoring.serviceMonitor=true", "monitoring.metrics=true"],
        ["", "migration.enabled=false"],
        ["", "image={\"registry\":\"localhost:5000/a/b\",\"tag\":\"1.2.3\",\"pullPolicy\":\"Always\",\"pullSecrets\":[\"registry.example.com\"]}", $"defaults.image={{\"repository\":\"r.example/all\",\"digest\":\"sha256:{new string('a', 64)}\"}}"],
        ["", "defaults.nodeSelector={\"kubernetes.io/os\":\"linux\",\"on\":\"yes\"},defaults.tolerations=[{\"key\":\"a\",\"operator\":\"Exists\"}],defaults.priorityClassName=\"high\""],
        ["", "commonLabels={\"team\":\"1\",\"on\":\"true\",\"app.kubernetes.io/name\":\"other\"},defaults.podLabels={\"team\":\"2\"},defaults.podAnnotations={\"a.example/b\":\"1\",\"c\":\"{}\"}"],
        ["", "defaults.env={\"HTTPS_PROXY\":\"http://proxy:3128\",\"A\":\"1\",\"DAPRORDERS_DATA\":\"/data\",\"TMPDIR\":\"/tmp\"}"],
        ["", "tokens={\"apiSecret\":\"a.b\",\"appSecret\":\"1e5\"},auth={\"developmentKeySecret\":\"true\"}", "tokens.apiSecret=\"1\"", "auth={\"mode\":\"oidc\",\"authority\":\"https://login.example/a\"}"],
        ["", "nameOverride=\"a\"", "fullnameOverride=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "nameOverride=\"daprorders-of-a-team-with-a-long-name-ab\""],
        ["", "networkPolicy.enabled=false", "networkPolicy={\"gatewayFrom\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\"}}],\"dns\":{\"nodeLocal\":\"\",\"ports\":[5353]},\"mail\":{\"ports\":[25]},\"paymentProvider\":{\"ports\":[8443]}}"],
        ["", "tracing={\"endpoint\":\"c.m:4318\",\"protocol\":\"http\",\"secure\":true}", "tracing.endpoint=\"10.0.0.1:4317\""],
        ["", "paymentProvider={\"url\":\"https://p.example\"}"],
        ["", "defaults.antiAffinity=\"hard\",defaults.topologySpread.whenUnsatisfiable=\"DoNotSchedule\""],
        ["", "defaults.sidecar.resources.limits.cpu=2", "defaults.resources={\"requests\":{\"cpu\":0.5}}", "defaults.sidecar.resources={\"requests\":null}"],
        ["", "services.ordering.persistence={\"existingClaim\":\"a.b\"}", "services.ordering.persistence={\"storageClass\":\"1\",\"size\":\"1Ti\"}"],
        ["", "dapr={\"apiAllowList\":false,\"accessControl\":false}", "dapr={\"trustDomain\":\"td\",\"annotations\":{\"dapr.io/sidecar-image\":\"r/daprd:1.18.3\"}}"],
        ["", "edge.customerRate=0.5,orders.approvalLimit=100000000000,workflow.maxConcurrentWorkflows=100000"],
    ];

    private static readonly string[] Releases = ["shop", "1e5", "a.b", "shop-daprorders", "r23456789-123456789-123456789-12345678--x-123456789"];

    private static readonly string[] Spaces = ["orders", "123", "true", "default"];

    [Fact]
    public async Task Whatever_legal_values_meet_the_objects_are_valid_and_keep_the_promises()
    {
        var seed = Environment.GetEnvironmentVariable("CHART_SEED") is { } given ? int.Parse(given) : Random.Shared.Next();
        var random = new Random(seed);
        var wrong = new List<string>();
        for (var i = 0; i < Count && wrong.Count == 0; i++)
        {
            var release = random.GetItems(Releases, 1)[0];
            var space = random.GetItems(Spaces, 1)[0];
            string[] chosen = [.. Choices.Select(choices => random.GetItems(choices, 1)[0]).Where(choice => choice.Length > 0)];
            var result = await Helm.RunAsync(["template", release, Checkout.Chart, "--namespace", space, .. chosen.SelectMany(choice => new[] { "--set-json", choice })]);
            var found = result.ExitCode == 0 ? Broken(new Rendered("a combination", result.Output)) : [result.Errors];
            wrong.AddRange(found.Select(why => $"CHART_SEED={seed}, {release} in {space} with {string.Join(" ", chosen)}: {why}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static IEnumerable<string> Broken(Rendered rendering) =>
    [
        .. rendering.Objects.SelectMany(o => RenderTests.Errors(o).Concat(ApiServerRules.All.SelectMany(rule => rule.Value(o).Select(why => $"{rule.Key}: {why}"))).Select(why => $"{o.Text("kind")} {o.Text("metadata.name")}: {why}")),
        .. rendering.Objects.GroupBy(o => $"{o.Text("apiVersion")} {o.Text("kind")} {o.Text("metadata.name")}").Where(same => same.Count() > 1).Select(same => $"{same.Key} is rendered twice"),
        .. rendering.Workloads().SelectMany(pod => PodPolicies.All.Where(p => p.Promise != "the recommended labels" || pod.Kind == "Deployment")
            .Concat(pod.Kind == "Deployment" ? ServicePolicies.All : []).Concat(pod.HasSidecar ? ServicePolicies.Sidecar.Where(p => p.Promise != "resources of the sidecar") : [])
            .Select(policy => policy.Broken(pod) is { } why ? $"{pod}: {policy.Promise}: {why}" : null).OfType<string>()),
    ];
}
