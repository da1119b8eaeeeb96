using System.Text.Json.Nodes;
using Charts.Tests.Rendering;

namespace Charts.Tests.Rules;

/// <summary>What every service's Deployment keeps: probes, drain, spread, its own identity, and, with a sidecar, Dapr's part of it.</summary>
internal static class ServicePolicies
{
    private static readonly string[] Probes = ["startupProbe", "readinessProbe", "livenessProbe"];

    public static IReadOnlyList<PodPolicy> All { get; } =
    [
        new("three probes that ask three things", pod => Container(pod) is var c && Probes.Select(probe => c.Text($"{probe}.httpGet.path")).ToArray() is var paths
            && paths.All(path => path is not null) && paths.Distinct().Count() == 3 && Probes.All(probe => HasPort(c, c.Text($"{probe}.httpGet.port"))) ? null : "shares or lacks probes"),
        new("liveness is the most patient probe", pod => Container(pod) is var c && Patience(c, "livenessProbe") > Patience(c, "readinessProbe") ? null : "is killed before it is taken out of service"),
        new("drains before it ends, within the grace period", Drain),
        new("spread over zones and nodes", pod => pod.Rendering.Name == "feature-hardened"
            ? pod.Spec.List("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution").Any() ? null : "may share a node"
            : pod.Spec.List("topologySpreadConstraints").Any(t => pod.Metadata.At("labels").Matches(t.At("labelSelector.matchLabels"))) && pod.Spec.At("affinity.podAntiAffinity") is not null
                ? null : "is not spread"),
        new("a disruption budget that lets nodes drain", pod => pod.Rendering.Of("PodDisruptionBudget")
            .Any(b => pod.Metadata.At("labels").Matches(b.At("spec.selector.matchLabels")) && b.Number("spec.maxUnavailable") >= 1) ? null : "has no budget"),
        new("a service account of its own, without a token", pod => pod.Spec.Text("serviceAccountName") == pod.Name
            && pod.Rendering.Find("ServiceAccount", pod.Name).Is("automountServiceAccountToken", false) ? null : "shares an account"),
        new("a selector that its pods have and no other pod has", pod => pod.Rendering.Workloads()
            .FirstOrDefault(other => other.Metadata.At("labels").Matches(pod.Object.At("spec.selector.matchLabels")) != (other.Name == pod.Name))?.Name),
        new("either a number of pods or a scaler", pod => Scalers(pod) is var n && (pod.Object.At("spec.replicas") is null ? n == 1 : n == 0) ? null : $"has {n} scalers"),
        new("one volume has one writer", pod => !pod.Spec.List("volumes").Any(v => v.At("persistentVolumeClaim") is not null)
            || (pod.Object.Text("spec.strategy.type") == "Recreate" && pod.Object.Number("spec.replicas") == 1) ? null : "may write twice"),
        new("no pod less while it is replaced", pod => pod.Object.Text("spec.strategy.type") == "Recreate" || pod.Object.Text("spec.strategy.rollingUpdate.maxUnavailable") == "0" ? null : "loses pods"),
    ];

    /// <summary>Of the services that have a sidecar.</summary>
    public static IReadOnlyList<PodPolicy> Sidecar { get; } =
    [
        new("an app id equal to the service's name", pod => pod.Annotation("dapr.io/app-id") == pod.Service ? null : pod.Annotation("dapr.io/app-id")),
        new("the port and protocol that the container has", pod => Container(pod).List("ports").Any(p => p.Text("containerPort") == pod.Annotation("dapr.io/app-port"))
            && pod.Annotation("dapr.io/app-protocol") == "http" && Env(pod, pod.Service == "gateway" ? "DAPRORDERS_PORT" : "APP_PORT") == pod.Annotation("dapr.io/app-port") ? null : "differs"),
        new("a configuration of its own", pod => pod.Annotation("dapr.io/config") == pod.Name && pod.Rendering.Find("Configuration", pod.Name) is not null ? null : "has none"),
        new("a restart when its configuration changes", pod => pod.Annotation("checksum/configuration") is { Length: 64 } ? null : "has no checksum"),
        new("the token that its sidecar asks for", pod => pod.Annotation("dapr.io/api-token-secret") is { } name && SecretOf(pod, "DAPR_API_TOKEN") == (name, "token") ? null : "has none"),
        new("the token that its sidecar shows", pod => pod.Service == "gateway" ? SecretOf(pod, "APP_API_TOKEN") is null ? null : "the public edge asks the public for it"
            : pod.Annotation("dapr.io/app-token-secret") is { } name && SecretOf(pod, "APP_API_TOKEN") == (name, "token") ? null : "has none"),
        new("resources of the sidecar", pod => new[] { "cpu-request", "memory-request", "memory-limit" }.FirstOrDefault(r => pod.Annotation($"dapr.io/sidecar-{r}") is null)),
        new("seccomp of the sidecar", pod => pod.Annotation("dapr.io/sidecar-seccomp-profile-type") == "RuntimeDefault" ? null : "has no profile"),
        new("no built-in secret store, for which it has no token", pod => pod.Annotation("dapr.io/disable-builtin-k8s-secret-store") == "true" ? null : "has it"),
        new("app health by the sidecar", pod => pod.Annotation("dapr.io/enable-app-health-check") == "true" && pod.Annotation("dapr.io/app-health-check-path") is "/health/ready" or "/health/live"
            ? null : "is not watched"),
        new("annotations as text", pod => pod.Metadata.At("annotations")!.AsObject().FirstOrDefault(a => a.Value is not JsonValue v || !v.TryGetValue<string>(out _)).Key),
        new("secrets for its sidecar by reference", pod => pod.Annotation("dapr.io/env-from-secret")?.Split(',').FirstOrDefault(p => p.Split('=') is not [_, var from] || from.Split(':').Length != 2)),
    ];

    private static JsonNode Container(Workload pod) => pod.Spec.List("containers").First(c => c.Text("name") == pod.Service);

    private static bool HasPort(JsonNode container, string? name) => container.List("ports").Any(p => p.Text("name") == name);

    private static int Patience(JsonNode container, string probe) => container.Number($"{probe}.periodSeconds") * container.Number($"{probe}.failureThreshold");

    private static string? Env(Workload pod, string name) => Container(pod).List("env").FirstOrDefault(e => e.Text("name") == name)?.Text("value");

    private static (string, string)? SecretOf(Workload pod, string variable) =>
        Container(pod).List("env").FirstOrDefault(e => e.Text("name") == variable)?.At("valueFrom.secretKeyRef") is { } reference ? (reference.Text("name")!, reference.Text("key")!) : null;

    private static int Scalers(Workload pod) => pod.Rendering.Of("HorizontalPodAutoscaler").Concat(pod.Rendering.Of("ScaledObject")).Count(s => s.Text("spec.scaleTargetRef.name") == pod.Name);

    /// <summary>preStop + the app's own end + the sidecar's must fit; the sidecar stays while the app drains.</summary>
    private static string? Drain(Workload pod)
    {
        var sleep = Container(pod).Number("lifecycle.preStop.sleep.seconds");
        var grace = pod.Spec.Number("terminationGracePeriodSeconds");
        if (sleep < 1) return "does not drain";
        if (!pod.HasSidecar) return sleep + 10 < grace ? null : $"is killed after {grace} s";
        var block = int.Parse(pod.Annotation("dapr.io/block-shutdown-duration")!.TrimEnd('s'));
        var graceful = int.Parse(pod.Annotation("dapr.io/graceful-shutdown-seconds")!);
        return block >= sleep + 10 && block + graceful < grace ? null : $"drains {sleep} s, its sidecar {block} + {graceful} s, of {grace} s";
    }
}
