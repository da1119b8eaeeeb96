using System.Text.Json.Nodes;
using Charts.Tests.Rendering;

namespace Charts.Tests.Rules;

/// <summary>A promise about every pod that the chart makes; the check gives what breaks it, or null.</summary>
internal sealed record PodPolicy(string Promise, Func<Workload, string?> Broken);

/// <summary>Pod Security "restricted", whole, and what a platform's own review asks for beside it.</summary>
internal static class PodPolicies
{
    private static readonly string[] VolumeTypes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    public static IReadOnlyList<PodPolicy> All { get; } =
    [
        new("no host namespaces", pod => Any(pod.Spec, "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")),
        new("no host port", pod => Each(pod, c => c.List("ports").Any(port => port.At("hostPort") is not null) ? "has a hostPort" : null)),
        new("volumes of the allowed types only", pod => pod.Spec.List("volumes")
            .FirstOrDefault(v => !v.AsObject().Where(p => p.Key != "name").All(p => VolumeTypes.Contains(p.Key)))?.ToJsonString()),
        new("not privileged", pod => Each(pod, c => c.Is("securityContext.privileged", true) ? "is privileged" : null)),
        new("no privilege escalation", pod => Each(pod, c => c.Is("securityContext.allowPrivilegeEscalation", false) ? null : "may escalate")),
        new("all capabilities dropped, none added", pod => Each(pod, c =>
            c.List("securityContext.capabilities.drop").Any(d => d.ToString() == "ALL") && !c.List("securityContext.capabilities.add").Any() ? null : "keeps capabilities")),
        new("runs as a numeric user that is not root", pod => pod.Spec.Is("securityContext.runAsNonRoot", true) && pod.Spec.Number("securityContext.runAsUser") > 0
            ? Each(pod, c => c.Is("securityContext.runAsNonRoot", true) && c.At("securityContext.runAsUser") is null ? null : "may be root") : "the pod may be root"),
        new("seccomp profile of the runtime", pod => pod.Spec.Text("securityContext.seccompProfile.type") == "RuntimeDefault"
            ? Each(pod, c => c.Text("securityContext.seccompProfile.type") == "RuntimeDefault" ? null : "has no profile") : "the pod has no profile"),
        new("no unsafe sysctls, SELinux or AppArmor overrides", pod => Any(pod.Spec.At("securityContext"), "sysctls", "seLinuxOptions", "appArmorProfile")),
        new("read-only root with a bounded, writable /tmp", pod => Each(pod, c =>
            c.Is("securityContext.readOnlyRootFilesystem", true) && IsBoundedEmptyDir(pod, c, "/tmp") ? null : "has no bounded /tmp beside a read-only root")),
        new("every emptyDir is bounded", pod => pod.Spec.List("volumes").FirstOrDefault(v => v.At("emptyDir") is not null && v.Text("emptyDir.sizeLimit") is null)?.ToJsonString()),
        new("every mount has its volume", pod => Each(pod, c => c.List("volumeMounts")
            .FirstOrDefault(m => !pod.Spec.List("volumes").Any(v => v.Text("name") == m.Text("name")))?.ToJsonString())),
        new("no service account token", pod => pod.Spec.Is("automountServiceAccountToken", false) ? null : "mounts its token"),
        new("no environment variables of other services", pod => pod.Spec.Is("enableServiceLinks", false) ? null : "has service links"),
        new("CPU and memory requested, memory limited, CPU not throttled", pod => Each(pod, c =>
            c.Text("resources.requests.cpu") is not null && c.Text("resources.requests.memory") is not null && c.Text("resources.limits.memory") is not null
                && c.Text("resources.limits.cpu") is null ? null : $"has {c.At("resources")?.ToJsonString()}")),
        new("an image of a fixed version", pod => Each(pod, c => IsPinned(c.Text("image")!) ? null : c.Text("image"))),
        new("secrets by reference only", pod => Each(pod, c => c.List("env")
            .FirstOrDefault(e => IsSecretName(e.Text("name")!) && e.At("valueFrom.secretKeyRef") is null)?.ToJsonString())),
        new("the recommended labels", pod => new[] { "name", "instance", "version", "component", "part-of", "managed-by" }
            .FirstOrDefault(label => pod.Metadata.At("labels")?[$"app.kubernetes.io/{label}"] is null)),
        new("labels of at most 63 characters", pod => pod.Metadata.At("labels")!.AsObject().FirstOrDefault(l => l.Value!.ToString().Length > 63).Key),
        new("an end: one-off pods have a deadline", pod => pod.Kind switch
        {
            "Job" => pod.Object.Number("spec.activeDeadlineSeconds") > 0 && pod.Object.At("spec.backoffLimit") is not null ? null : "has no deadline",
            "Pod" => pod.Spec.Number("activeDeadlineSeconds") > 0 ? null : "has no deadline",
            _ => null,
        }),
        new("pull secrets where the values name them", pod => pod.Rendering.Name is "production" or "feature-hardened" && !pod.Spec.List("imagePullSecrets").Any() ? "has none" : null),
    ];

    private static string? Each(Workload pod, Func<JsonNode, string?> broken) =>
        pod.Containers.Select(c => broken(c) is { } why ? $"container {c.Text("name")} {why}" : null).FirstOrDefault(why => why is not null);

    private static string? Any(JsonNode? node, params string[] fields) => fields.FirstOrDefault(field => node.At(field) is not null && !node.Is(field, false));

    private static bool IsBoundedEmptyDir(Workload pod, JsonNode container, string path) =>
        container.List("volumeMounts").FirstOrDefault(m => m.Text("mountPath") == path)?.Text("name") is { } name
        && pod.Spec.List("volumes").Any(v => v.Text("name") == name && v.Text("emptyDir.sizeLimit") is not null);

    private static bool IsPinned(string image) =>
        image.Contains("@sha256:", StringComparison.Ordinal) || (image[(image.LastIndexOf('/') + 1)..].Split(':') is [_, var tag] && tag is not ("" or "latest"));

    private static bool IsSecretName(string name) =>
        new[] { "TOKEN", "PASSWORD", "SECRET", "CONNECTIONSTRING", "APIKEY" }.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}
