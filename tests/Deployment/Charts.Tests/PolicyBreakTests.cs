using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>A policy that nothing can break is no policy: for each there is one change of the default manifests that it must notice.</summary>
public sealed class PolicyBreakTests
{
    private const string Container = "spec.template.spec.containers.0", Pod = "spec.template.spec", Meta = "spec.template.metadata";

    /// <summary>Promise → path in Ordering's Deployment → value; null takes it away.</summary>
    private static readonly Dictionary<string, (string Path, string? Json)> Breaks = new()
    {
        ["no host namespaces"] = ($"{Pod}.hostNetwork", "true"),
        ["no host port"] = ($"{Container}.ports.0.hostPort", "8080"),
        ["volumes of the allowed types only"] = ($"{Pod}.volumes.0", """{"name":"tmp","hostPath":{"path":"/"}}"""),
        ["not privileged"] = ($"{Container}.securityContext.privileged", "true"),
        ["no privilege escalation"] = ($"{Container}.securityContext.allowPrivilegeEscalation", null),
        ["all capabilities dropped, none added"] = ($"{Container}.securityContext.capabilities", """{"drop":["ALL"],"add":["NET_ADMIN"]}"""),
        ["runs as a numeric user that is not root"] = ($"{Container}.securityContext.runAsUser", "0"),
        ["seccomp profile of the runtime"] = ($"{Container}.securityContext.seccompProfile.type", "\"Unconfined\""),
        ["no unsafe sysctls, SELinux or AppArmor overrides"] = ($"{Pod}.securityContext.sysctls", "[]"),
        ["read-only root with a bounded, writable /tmp"] = ($"{Container}.securityContext.readOnlyRootFilesystem", "false"),
        ["every emptyDir is bounded"] = ($"{Pod}.volumes.0.emptyDir", "{}"),
        ["every mount has its volume"] = ($"{Pod}.volumes.1.name", "\"other\""),
        ["no service account token"] = ($"{Pod}.automountServiceAccountToken", null),
        ["no environment variables of other services"] = ($"{Pod}.enableServiceLinks", "true"),
        ["CPU and memory requested, memory limited, CPU not throttled"] = ($"{Container}.resources.limits.cpu", "\"1\""),
        ["an image of a fixed version"] = ($"{Container}.image", "\"registry/ordering:latest\""),
        ["secrets by reference only"] = ($"{Container}.env.0", """{"name":"DB_PASSWORD","value":"secret"}"""),
        ["the recommended labels"] = ($"{Meta}.labels.app~kubernetes~io/component", null),
        ["labels of at most 63 characters"] = ($"{Meta}.labels.long", $"\"{new string('x', 64)}\""),
        ["three probes that ask three things"] = ($"{Container}.readinessProbe.httpGet.path", "\"/health/live\""),
        ["liveness is the most patient probe"] = ($"{Container}.livenessProbe.failureThreshold", "0"),
        ["drains before it ends, within the grace period"] = ($"{Pod}.terminationGracePeriodSeconds", "20"),
        ["spread over zones and nodes"] = ($"{Pod}.affinity", null),
        ["a disruption budget that lets nodes drain"] = ($"{Meta}.labels.app~kubernetes~io/name", "\"nobody\""),
        ["a service account of its own, without a token"] = ($"{Pod}.serviceAccountName", "\"default\""),
        ["a selector that its pods have and no other pod has"] = ("spec.selector.matchLabels", """{"app.kubernetes.io/part-of":"daprorders"}"""),
        ["either a number of pods or a scaler"] = ("spec.replicas", null),
        ["one volume has one writer"] = ("spec.strategy.type", "\"RollingUpdate\""),
        ["no pod less while it is replaced"] = ("spec.strategy", """{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1}}"""),
        ["an app id equal to the service's name"] = ($"{Meta}.annotations.dapr~io/app-id", "\"orders\""),
        ["the port and protocol that the container has"] = ($"{Meta}.annotations.dapr~io/app-port", "\"5000\""),
        ["a configuration of its own"] = ($"{Meta}.annotations.dapr~io/config", "\"shared\""),
        ["a restart when its configuration changes"] = ($"{Meta}.annotations.checksum/configuration", null),
        ["the token that its sidecar asks for"] = ($"{Meta}.annotations.dapr~io/api-token-secret", "\"other\""),
        ["the token that its sidecar shows"] = ($"{Meta}.annotations.dapr~io/app-token-secret", null),
        ["resources of the sidecar"] = ($"{Meta}.annotations.dapr~io/sidecar-memory-limit", null),
        ["seccomp of the sidecar"] = ($"{Meta}.annotations.dapr~io/sidecar-seccomp-profile-type", null),
        ["no built-in secret store, for which it has no token"] = ($"{Meta}.annotations.dapr~io/disable-builtin-k8s-secret-store", null),
        ["app health by the sidecar"] = ($"{Meta}.annotations.dapr~io/app-health-check-path", "\"/\""),
        ["annotations as text"] = ($"{Meta}.annotations.dapr~io/metrics-port", "9090"),
        ["secrets for its sidecar by reference"] = ($"{Meta}.annotations.dapr~io/env-from-secret", "\"SHOP_REDIS_PASSWORD=secret\""),
    };

    /// <summary>Not about a Deployment of the default values.</summary>
    private static readonly string[] Elsewhere = ["an end: one-off pods have a deadline", "pull secrets where the values name them"];

    public static TheoryData<string> Promises => [.. Policies.Select(policy => policy.Promise).Except(Elsewhere)];

    private static IEnumerable<PodPolicy> Policies => [.. PodPolicies.All, .. ServicePolicies.All, .. ServicePolicies.Sidecar];

    [Theory, MemberData(nameof(Promises))]
    public async Task A_broken_promise_is_noticed(string promise)
    {
        var (path, json) = Breaks[promise];
        var fresh = new Rendered("default", (await Rendered.OfAsync("default")).Text);
        Set(fresh.Find("Deployment", "shop-daprorders-ordering")!, path, json);

        var ordering = fresh.Workloads().Single(pod => pod.Name == "shop-daprorders-ordering");
        Assert.NotNull(Policies.Single(policy => policy.Promise == promise).Broken(ordering));
    }

    [Fact]
    public async Task A_one_off_pod_without_a_deadline_is_noticed()
    {
        var fresh = new Rendered("default", (await Rendered.OfAsync("default")).Text);
        Set(fresh.Of("Job").Single(), "spec.activeDeadlineSeconds", null);
        Set(fresh.Of("Pod").Single(), "spec.activeDeadlineSeconds", null);

        var policy = Policies.Single(p => p.Promise == Elsewhere[0]);
        Assert.All(fresh.Workloads().Where(w => w.Kind is "Job" or "Pod"), pod => Assert.NotNull(policy.Broken(pod)));
    }

    private static void Set(JsonNode root, string path, string? json)
    {
        var steps = path.Split('.').Select(step => step.Replace('~', '.')).ToArray();
        var at = steps[..^1].Aggregate(root, (node, step) => node is JsonArray list ? list[int.Parse(step)]! : node[step]!);
        var value = json is null ? null : JsonNode.Parse(json);
        if (at is JsonArray array) array[int.Parse(steps[^1])] = value;
        else if (value is null) at.AsObject().Remove(steps[^1]);
        else at[steps[^1]] = value;
    }
}
