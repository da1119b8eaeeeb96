using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Invocation;

/// <summary>The type of a message that travels as an Any.</summary>
public sealed class TypeUrlTests
{
    private const string Order = "type.googleapis.com/shop.Ördér";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_kept_both_ways_between_gRPC_apps(bool ofAnotherProcess)
    {
        await using var one = await OneSidecar.StartGrpcAsync(Echo);
        await using var host = new RuntimeHost(NullLoggerFactory.Instance);
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{(ofAnotherProcess ? await OtherAsync(host, one) : one.Sidecar).GrpcPort}"));

        var whole = await channel.UnaryWithMetadataAsync(DaprMethods.InvokeService, Invocation(), new() { Cancellation = Stop });
        var answer = whole.Message;

        Assert.Equal($"answer to {Order}", answer.Data.TypeUrl);
        Assert.Equal("text/answer", answer.ContentType);
        Assert.Equal("body", answer.Data.Value.ToStringUtf8());
        Assert.DoesNotContain(whole.Headers, header => header.Key.Contains("type-url", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task To_a_caller_over_HTTP_a_typed_answer_is_protobuf(bool ofAnotherProcess)
    {
        await using var one = await OneSidecar.StartGrpcAsync(Echo);
        await using var host = new RuntimeHost(NullLoggerFactory.Instance);
        var caller = ofAnotherProcess ? await OtherAsync(host, one) : one.Sidecar;

        using var answer = await one.Http.PostAsync(
            new Uri($"http://127.0.0.1:{caller.HttpPort}/v1.0/invoke/app/method/m"), new StringContent("body"), Stop);

        Assert.Equal("application/x-protobuf", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("body", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task To_an_HTTP_app_a_typed_request_is_protobuf(bool ofAnotherProcess)
    {
        await using var one = await OneSidecar.StartAsync(context => context.Response.WriteAsync(context.Request.ContentType ?? "", Stop));
        await using var host = new RuntimeHost(NullLoggerFactory.Instance);
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{(ofAnotherProcess ? await OtherAsync(host, one) : one.Sidecar).GrpcPort}"));

        var answer = await channel.UnaryAsync(DaprMethods.InvokeService, Invocation(), new() { Cancellation = Stop });

        Assert.Equal("application/x-protobuf", answer.Data.Value.ToStringUtf8());
    }

    private static InvokeServiceRequest Invocation() => new()
    {
        Id = "app",
        Message = new InvokeRequest { Method = "m", Data = new Any { TypeUrl = Order, Value = ByteString.CopyFromUtf8("body") } },
    };

    private static void Echo(IEndpointRouteBuilder app) => app.MapUnary(AppCallbackMethods.OnInvoke, (request, _) =>
        new ValueTask<InvokeResponse>(new InvokeResponse
        {
            ContentType = $"text/answer{request.ContentType}", Data = new Any { TypeUrl = $"answer to {request.Data.TypeUrl}", Value = request.Data.Value },
        }));

    private static async Task<Sidecar> OtherAsync(RuntimeHost host, OneSidecar one)
    {
        var sidecar = new Sidecar(host, new SidecarOptions { AppId = "other", HttpPort = 0, GrpcPort = 0, ConfigFiles = [Path.Combine(one.Folder, "config.yaml")] });
        await sidecar.StartAsync();
        await sidecar.Ready.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        return sidecar;
    }
}
