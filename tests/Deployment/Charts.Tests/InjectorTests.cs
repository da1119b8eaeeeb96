using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests;

/// <summary>What Dapr's sidecar injector makes of a pod's annotations: it passes over what it does not know, and a Secret without its key stops the sidecar.</summary>
public sealed class InjectorTests
{
    /// <summary>Annotations of Dapr 1.18, of pkg/injector/annotations, without the prefix.</summary>
    private static readonly HashSet<string> Known =
    [
        "actors-disseminate-timeout", "api-token-secret", "app-binding-options-timeout", "app-channel-address", "app-health-check-path", "app-health-probe-interval",
        "app-health-probe-timeout", "app-health-threshold", "app-id", "app-max-concurrency", "app-port", "app-protocol", "app-ssl", "app-token-secret",
        "block-shutdown-duration", "component-container", "config", "debug-port", "disable-builtin-k8s-secret-store", "disable-init-endpoints", "enable-api-logging",
        "enable-app-health-check", "enable-debug", "enable-metrics", "enable-native-sidecar", "enable-profiling", "enabled", "env", "env-from-secret",
        "graceful-shutdown-seconds", "grpc-port", "http-max-request-size", "http-read-buffer-size", "inject-pluggable-components", "internal-grpc-port", "log-as-json",
        "log-level", "max-body-size", "metrics-port", "placement-host-address", "pluggable-components", "pluggable-components-sockets-folder", "read-buffer-size",
        "scheduler-host-address", "sentry-request-jwt-audiences", "sidecar-cpu-limit", "sidecar-cpu-request", "sidecar-image", "sidecar-listen-addresses",
        "sidecar-liveness-probe-delay-seconds", "sidecar-liveness-probe-period-seconds", "sidecar-liveness-probe-threshold", "sidecar-liveness-probe-timeout-seconds",
        "sidecar-memory-limit", "sidecar-memory-request", "sidecar-readiness-probe-delay-seconds", "sidecar-readiness-probe-period-seconds",
        "sidecar-readiness-probe-threshold", "sidecar-readiness-probe-timeout-seconds", "sidecar-seccomp-profile-type", "sidecar-svc-annotations",
        "unix-domain-socket-path", "volume-mounts", "volume-mounts-rw",
    ];

    public static TheoryData<string> Matrix => Rendered.MatrixData;

    [Theory, MemberData(nameof(Matrix))]
    public async Task Every_annotation_for_the_sidecar_is_one_that_the_injector_knows(string values)
    {
        var annotations = (await Rendered.OfAsync(values)).Workloads().SelectMany(pod => pod.Metadata.At("annotations")!.AsObject()).Select(a => a.Key)
            .Where(name => name.StartsWith("dapr.io/", StringComparison.Ordinal)).Distinct().ToList();

        Assert.DoesNotContain(annotations, name => !Known.Contains(name["dapr.io/".Length..]));
        Assert.True(annotations.Count > 20, $"only {annotations.Count} annotations");
    }

    [Theory, InlineData("api-token-secret"), InlineData("app-token-secret")]
    public async Task A_token_is_in_its_Secret_under_the_only_key_that_the_injector_takes(string annotation)
    {
        var rendering = await Rendered.OfAsync("default");
        var names = rendering.Workloads().Select(pod => pod.Annotation($"dapr.io/{annotation}")).OfType<string>().Distinct().ToList();

        Assert.Equal(["token"], rendering.Find("Secret", Assert.Single(names)).At("data")!.AsObject().Select(item => item.Key));
    }

    [Fact]
    public async Task A_service_and_its_sidecar_show_each_other_different_tokens()
    {
        var tokens = (await Rendered.OfAsync("default")).Of("Secret").Select(secret => secret.Text("data.token")).OfType<string>().ToList();

        Assert.Equal(2, tokens.Distinct().Count());
    }
}
