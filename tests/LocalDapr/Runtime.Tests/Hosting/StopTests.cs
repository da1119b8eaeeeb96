using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Hosting;

public sealed class StopTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_over_gRPC_that_is_open_when_the_sidecar_stops_ends_with_UNAVAILABLE()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var one = await OneSidecar.StartAsync(context =>
        {
            if (context.Request.Path != "/hang") return Task.CompletedTask;
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var channel = one.OpenGrpc();
        var request = new InvokeServiceRequest { Id = "app", Message = new InvokeRequest { Method = "hang" } };
        var calling = channel.UnaryAsync(DaprMethods.InvokeService, request, new() { Cancellation = Stop });
        await asked.Task.WaitAsync(Stop);

        await one.Sidecar.DisposeAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => calling);
        Assert.Equal((StatusCode.Unavailable, "The server is shutting down."), (failure.StatusCode, failure.Detail));
    }
}
