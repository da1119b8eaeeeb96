using Dapr.Client;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using MiniGrpc;
using Xunit;

namespace Sdk.Tests;

public sealed class DaprClientTests : IAsyncLifetime
{
    private readonly Dictionary<string, StateItem> states = [];
    private WebApplication sidecar = null!;
    private DaprClient client = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http2));
        sidecar = builder.Build();
        sidecar.MapUnary(DaprMethods.GetState, (request, _) => ValueTask.FromResult(
            states.TryGetValue(request.Key, out var item) ? new GetStateResponse { Data = item.Value, Etag = "1" } : new GetStateResponse()));
        sidecar.MapUnary(DaprMethods.SaveState, (request, _) =>
        {
            foreach (var item in request.States)
            {
                if (item.Etag is { Value: not "1" })
                {
                    throw new RpcException(StatusCode.Aborted, "possible etag mismatch");
                }

                states[item.Key] = item;
            }

            return ValueTask.FromResult(new Empty());
        });
        await sidecar.StartAsync();
        client = new DaprClientBuilder().UseGrpcEndpoint(sidecar.Urls.First()).Build();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await sidecar.DisposeAsync();
    }

    [Fact]
    public async Task A_saved_state_is_read_back_with_its_etag()
    {
        var cancellation = TestContext.Current.CancellationToken;

        await client.SaveStateAsync("store", "key", new[] { 1, 2 }, cancellationToken: cancellation);
        var entry = await client.GetStateEntryAsync<int[]>("store", "key", cancellationToken: cancellation);

        Assert.Equal([1, 2], entry.Value);
        Assert.Equal("1", entry.ETag);
    }

    [Fact]
    public async Task A_stale_etag_answers_false_and_a_fresh_one_true()
    {
        var cancellation = TestContext.Current.CancellationToken;

        Assert.False(await client.TrySaveStateAsync("store", "key", 1, "0", cancellationToken: cancellation));
        Assert.True(await client.TrySaveStateAsync("store", "key", 1, "1", cancellationToken: cancellation));
    }

    [Fact]
    public async Task A_missing_key_is_the_default_with_an_empty_etag()
    {
        var (value, etag) = await client.GetStateAndETagAsync<string?>("store", "none", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Null(value);
        Assert.Equal("", etag);
    }

    [Fact]
    public async Task Another_failure_is_a_DaprException_with_the_status_inside()
    {
        var failure = await Assert.ThrowsAsync<Dapr.DaprException>(
            () => client.GetSecretAsync("store", "key", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(Grpc.Core.StatusCode.Unimplemented, Assert.IsType<Grpc.Core.RpcException>(failure.InnerException).StatusCode);
    }
}
