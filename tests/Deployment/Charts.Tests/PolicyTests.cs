using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>Each promise of the chart, held against every pod of every rendering of the matrix.</summary>
public sealed class PolicyTests
{
    public static TheoryData<string> Pods => [.. PodPolicies.All.Select(policy => policy.Promise)];

    public static TheoryData<string> Services => [.. ServicePolicies.All.Select(policy => policy.Promise)];

    public static TheoryData<string> Sidecars => [.. ServicePolicies.Sidecar.Select(policy => policy.Promise)];

    [Theory, MemberData(nameof(Pods))]
    public Task Every_pod_keeps(string promise) => HoldAsync(PodPolicies.All, promise, _ => true, atLeast: 8);

    [Theory, MemberData(nameof(Services))]
    public Task Every_service_keeps(string promise) => HoldAsync(ServicePolicies.All, promise, pod => pod.Kind == "Deployment", atLeast: 7);

    [Theory, MemberData(nameof(Sidecars))]
    public Task Every_service_with_a_sidecar_keeps(string promise) => HoldAsync(ServicePolicies.Sidecar, promise, pod => pod.HasSidecar, atLeast: 7);

    private static async Task HoldAsync(IReadOnlyList<PodPolicy> policies, string promise, Func<Workload, bool> concerns, int atLeast)
    {
        var policy = policies.Single(p => p.Promise == promise);
        var broken = new List<string>();
        foreach (var name in Rendered.Matrix)
        {
            var pods = (await Rendered.OfAsync(name)).Workloads().Where(concerns).ToList();
            if (pods.Count < atLeast) broken.Add($"{name} has only {pods.Count} such pods");
            broken.AddRange(pods.Select(pod => policy.Broken(pod) is { } why ? $"{pod}: {why}" : null).OfType<string>());
        }

        Assert.Empty(broken);
    }
}
