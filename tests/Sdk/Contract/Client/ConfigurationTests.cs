using Dapr;
using Dapr.Client;
using Dapr.Protocol;
using MiniGrpc;
using Xunit;
using Wire = Dapr.Protocol.Runtime.V1;
using WireItem = Dapr.Protocol.Common.V1.ConfigurationItem;

namespace Sdk.Contract.Client;

public sealed class ConfigurationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_are_read_by_key()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(DaprMethods.GetConfiguration, request => new Wire.GetConfigurationResponse
        {
            Items = { [request.Keys[0]] = new WireItem { Value = "9", Version = "2", Metadata = { ["m"] = "1" } } },
        }));

        var answer = await sidecar.Client.GetConfiguration("config", ["limit"], new Dictionary<string, string> { ["a"] = "b" }, Cancellation);

        var item = answer.Items["limit"];
        Assert.Equal(("9", "2", "1", "b"), (item.Value, item.Version, item.Metadata["m"], sidecar.Single<Wire.GetConfigurationRequest>().Metadata["a"]));
    }

    [Fact]
    public async Task A_subscription_tells_its_id_and_every_change_until_it_is_ended()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Map(app => app.MapServerStreaming(DaprMethods.SubscribeConfiguration, async (request, writer, call) =>
            {
                Assert.Equal("secret", call.RequestHeaders.Get("dapr-api-token"));
                foreach (var value in new[] { "1", "2" })
                    await writer.WriteAsync(new Wire.SubscribeConfigurationResponse { Id = "sub", Items = { [request.Keys[0]] = new WireItem { Value = value } } });
            }));
            s.Answer(DaprMethods.UnsubscribeConfiguration, request => new Wire.UnsubscribeConfigurationResponse { Ok = request.Id == "sub", Message = "gone" });
        });

        var subscription = await sidecar.Client.SubscribeConfiguration("config", ["limit"], cancellationToken: Cancellation);
        var values = new List<string>();
        await foreach (var change in subscription.Source.WithCancellation(Cancellation)) values.Add($"{subscription.Id}:{change["limit"].Value}");
        var end = await sidecar.Client.UnsubscribeConfiguration("config", subscription.Id, Cancellation);

        // The first change may be read before the id is known to the source.
        Assert.Equal(["1", "2"], values.Select(value => value[^1..]));
        Assert.Equal((true, "gone"), (end.Ok, end.Message));
    }

    [Fact]
    public async Task A_failure_has_the_status_inside()
    {
        await using var sidecar = await ClientSidecar.StartAsync(_ => { });

        var failure = await Assert.ThrowsAsync<DaprException>(() => sidecar.Client.GetConfiguration("config", [], cancellationToken: Cancellation));

        Assert.Equal(Grpc.Core.StatusCode.Unimplemented, Assert.IsType<Grpc.Core.RpcException>(failure.InnerException).StatusCode);
    }
}
