using System.Text.Json;
using LocalDapr.Runtime.Tests.Workflows;
using Xunit;

namespace LocalDapr.Runtime.Tests.MetadataApi;

/// <summary>What /v1.0/metadata tells of workflows.</summary>
public sealed class WorkflowMetadataTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_workers_and_what_is_under_way_are_told()
    {
        await using var hub = await TaskHub.OpenAsync();
        await hub.WriteAsync("policy.yaml", "apiVersion: dapr.io/v1alpha1\nkind: WorkflowAccessPolicy\nmetadata: {name: only-us}\nspec: {rules: []}");
        foreach (var id in (string[])["one", "two"])
        {
            await hub.StartAsync(id);
            await hub.PlayAsync(TaskHub.Activity(1), TaskHub.Activity(2));
            Assert.NotNull((await hub.ItemAsync()).ActivityRequest);
            Assert.NotNull((await hub.ItemAsync()).ActivityRequest);
        }

        var told = await ReadAsync(hub);
        await OneSidecar.EventuallyAsync(async () => (told = await ReadAsync(hub)).TryGetProperty("workflowAccessPolicies", out _), "the policy");

        Assert.Equal("""[{"name":"only-us"}]""", told.GetProperty("workflowAccessPolicies").GetRawText());
        Assert.Equal("""{"connectedWorkers":1}""", told.GetProperty("workflows").GetRawText());
        Assert.Equal(
            """[{"type":"dapr.internal.default.app.workflow","count":2},{"type":"dapr.internal.default.app.activity","count":4},{"type":"dapr.internal.default.app.retentioner"}]""",
            told.GetProperty("actorRuntime").GetProperty("activeActors").GetRawText());
    }

    [Fact]
    public async Task Workers_are_those_of_the_sidecar_alone_also_where_a_replica_shares_its_engine()
    {
        await using var hub = await TaskHub.OpenAsync();
        await using var replica = await hub.OpenBesideAsync("app");

        Assert.Equal("""{"connectedWorkers":1}""", (await ReadAsync(hub)).GetProperty("workflows").GetRawText());
    }

    private static async Task<JsonElement> ReadAsync(TaskHub hub)
    {
        using var text = JsonDocument.Parse(await hub.Http.GetStringAsync(new Uri("/v1.0/metadata", UriKind.Relative), Stop));
        return text.RootElement.Clone();
    }
}
