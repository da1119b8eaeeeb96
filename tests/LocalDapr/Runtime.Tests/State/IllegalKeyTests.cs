using System.Text;
using System.Text.Json;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.State;

/// <summary>A key with two bars is refused, and the answer names it as the field to blame.</summary>
public sealed class IllegalKeyTests
{
    private static readonly string store = OneSidecar.Component("store", "state.in-memory");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Over_gRPC_the_details_have_a_BadRequest()
    {
        await using var one = await OneSidecar.StartAsync(resources: store);
        using var channel = one.OpenGrpc();

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(DaprMethods.GetState, new GetStateRequest { StoreName = "store", Key = "a||b" }, new() { Cancellation = Stop }));

        Assert.Equal((StatusCode.InvalidArgument, "input key/keyPrefix 'a||b' can't contain '||'"), (failure.StatusCode, failure.Detail));
        // On the wire a violation looks like an Any, two fields of text, and a BadRequest like a BytesValue.
        var violation = new Any { TypeUrl = "a||b", Value = ByteString.CopyFromUtf8(failure.Detail) };
        var expected = new Any { TypeUrl = "type.googleapis.com/google.rpc.BadRequest", Value = new BytesValue { Value = violation.ToByteString() }.ToByteString() };
        var details = failure.Trailers.GetBinary("grpc-status-details-bin")!;
        Assert.Contains(Encoding.Latin1.GetString(expected.ToByteArray()), Encoding.Latin1.GetString(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_HTTP_too_in_JSON()
    {
        await using var one = await OneSidecar.StartAsync(resources: store);

        using var answer = await one.Http.GetAsync(new Uri("/v1.0/state/store/a%7C%7Cb", UriKind.Relative), Stop);

        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        const string Why = "api error: code = InvalidArgument desc = input key/keyPrefix 'a||b' can't contain '||'";
        Assert.Equal(
            $$"""{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":[{"field":"a||b","description":"{{Why}}"}]}""",
            body.RootElement.GetProperty("details")[0].GetRawText());
    }
}
