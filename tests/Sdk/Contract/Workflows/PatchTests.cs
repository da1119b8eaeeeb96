using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Sdk.Contract.Workflows;

/// <summary>Instances that outlive the code which began them, on a real sidecar.</summary>
public sealed class PatchTests : IAsyncLifetime
{
    private LocalSidecar sidecar = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => sidecar = await LocalSidecar.StartAsync();

    public ValueTask DisposeAsync() => sidecar.DisposeAsync();

    [Theory]
    [InlineData("a b", "a b", WorkflowRuntimeStatus.Completed)]
    [InlineData("a a b", "a a b", WorkflowRuntimeStatus.Completed)]
    [InlineData("a", "a b", WorkflowRuntimeStatus.Completed)]
    [InlineData("a b", "b a", WorkflowRuntimeStatus.Stalled)]
    [InlineData("a b", "b", WorkflowRuntimeStatus.Stalled)]
    [InlineData("a", "", WorkflowRuntimeStatus.Stalled)]
    public async Task An_instance_waits_for_code_that_asks_for_its_patches_in_their_order(string before, string after, WorkflowRuntimeStatus expected)
    {
        using (var first = await AppAsync(before))
        {
            var client = first.Services.GetRequiredService<DaprWorkflowClient>();
            await client.ScheduleNewWorkflowAsync("Patched", "one");
            await LocalSidecar.EventuallyAsync(async () => (await StateAsync(client)).ReadCustomStatusAs<string>() == "asked", () => "the patches to be asked for");
            await first.StopAsync(Cancellation);
        }

        using var second = await AppAsync(after);
        var again = second.Services.GetRequiredService<DaprWorkflowClient>();
        await again.RaiseEventAsync("one", "go", "", Cancellation);
        await LocalSidecar.EventuallyAsync(async () => (await StateAsync(again)).RuntimeStatus != WorkflowRuntimeStatus.Running, () => "the instance to go on");

        Assert.Equal(expected, (await StateAsync(again)).RuntimeStatus);
        await second.StopAsync(Cancellation);
    }

    private static async Task<WorkflowState> StateAsync(DaprWorkflowClient client) => (await client.GetWorkflowStateAsync("one", cancellation: Cancellation))!;

    private async Task<IHost> AppAsync(string patches)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([
            new("DAPR_GRPC_ENDPOINT", $"http://127.0.0.1:{sidecar.GrpcPort}"), new("DAPR_HTTP_ENDPOINT", $"http://127.0.0.1:{sidecar.HttpPort}")]);
        builder.Logging.ClearProviders();
        builder.Services.AddDaprWorkflow(options => options.RegisterWorkflow<string?, string>("Patched", async (context, _) =>
        {
            foreach (var patch in patches.Split(' ', StringSplitOptions.RemoveEmptyEntries)) context.IsPatched(patch);
            context.SetCustomStatus("asked");
            return await context.WaitForExternalEventAsync<string>("go");
        }));
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }
}
