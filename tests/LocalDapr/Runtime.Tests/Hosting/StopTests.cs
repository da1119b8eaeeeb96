using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
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

    [Fact]
    public async Task Calls_of_the_workflow_engine_while_the_sidecar_stops_are_answered_or_UNAVAILABLE()
    {
        await using var one = await OneSidecar.StartAsync(resources: OneSidecar.Component("state", "state.sqlite", ("connectionString", "{folder}/s.db"), ("actorStateStore", "true")));
        using var channel = one.OpenGrpc();
        var callers = Enumerable.Range(0, 8).Select(caller => FailureAsync(channel, caller)).ToList();

        await one.Sidecar.DisposeAsync();

        var failures = await Task.WhenAll(callers);
        Assert.All(failures, failure => Assert.Equal(StatusCode.Unavailable, failure.StatusCode));
    }

    [Theory]
    [InlineData(true, 503)]
    [InlineData(false, 500)]
    public async Task A_call_over_HTTP_that_fails_for_the_end_is_503(bool ends, int status)
    {
        using var ending = new CancellationTokenSource();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var web = builder.Build();
        web.UseDaprHttp(apiToken: null, NullLogger.Instance, ending.Token);
        web.Run(async _ =>
        {
            if (ends) await ending.CancelAsync();
            throw new TaskCanceledException();
        });
        await web.StartAsync(Stop);
        using var client = new HttpClient();

        using var answer = await client.GetAsync(new Uri(web.Urls.Single()), Stop);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    // Starts one workflow after the other until a start fails.
    private static async Task<RpcException> FailureAsync(GrpcChannel channel, int caller)
    {
        for (var i = 0; ; i++)
        {
            var start = new CreateInstanceRequest
            {
                InstanceId = $"{caller}-{i}", Name = "n", ScheduledStartTimestamp = Timestamp.FromDateTime(DateTime.UnixEpoch),
            };
            try
            {
                await channel.UnaryAsync(TaskHubMethods.StartInstance, start, new() { Cancellation = Stop });
            }
            catch (RpcException failure)
            {
                return failure;
            }
        }
    }
}
