using System.Net;
using System.Net.Http.Json;
using Dapr.Client;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MiniGrpc;
using Xunit;

namespace Sdk.Contract.Client;

public sealed class InvocationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_http_client_reaches_apps_by_their_ids()
    {
        await using var sidecar = await ClientSidecar.StartAsync(_ => { });
        using var any = sidecar.Client.CreateInvokableHttpClient();
        using var one = DaprClient.CreateInvokeHttpClient("Orders", sidecar.HttpAddress, "secret");

        Assert.Equal("answer", await any.GetFromJsonAsync<string>(new Uri("http://payments/list?page=2"), Cancellation));
        using var posted = await one.PostAsJsonAsync(new Uri("/place", UriKind.Relative), 7, Cancellation);

        Assert.Equal(
            [("GET /v1.0/invoke/payments/method/list?page=2", "secret", ""), ("POST /v1.0/invoke/Orders/method/place", "secret", "7")], sidecar.Invoked);
    }

    [Fact]
    public async Task A_request_of_the_client_names_app_method_query_and_body()
    {
        await using var sidecar = await ClientSidecar.StartAsync(_ => { });

        using var request = sidecar.Client.CreateInvokeMethodRequest(HttpMethod.Put, "orders", "a/b", [new("q", "1 2")], new { Total = 1 });

        Assert.Equal("PUT /v1.0/invoke/orders/method/a/b?q=1%202", $"{request.Method} {request.RequestUri!.PathAndQuery}");
        Assert.Equal("""{"total":1}""", await request.Content!.ReadAsStringAsync(Cancellation));
    }

#pragma warning disable CS0618 // obsolete, and still to work
    [Fact]
    public async Task An_answer_without_success_is_an_exception_that_has_it()
    {
        await using var sidecar = await ClientSidecar.StartAsync(_ => { });

        Assert.Equal("answer", await sidecar.Client.InvokeMethodAsync<int, string>("orders", "place", 1, Cancellation));
        sidecar.Status = 404;
        var failure = await Assert.ThrowsAsync<InvocationException>(() => sidecar.Client.InvokeMethodAsync<string>("orders", "place", Cancellation));

        Assert.Equal(("orders", "place", HttpStatusCode.NotFound), (failure.AppId, failure.MethodName, failure.Response!.StatusCode));
    }

    [Fact]
    public async Task A_grpc_apps_method_is_invoked_with_messages()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(DaprMethods.InvokeService, request => request.Message.Method == "fail"
            ? throw new MiniGrpc.RpcException(MiniGrpc.StatusCode.NotFound, "no")
            : new Dapr.Protocol.Common.V1.InvokeResponse { Data = Any.Pack(new StringValue { Value = request.Message.Data.Unpack<StringValue>().Value + "!" }) }));

        var answer = await sidecar.Client.InvokeMethodGrpcAsync<StringValue, StringValue>("app", "greet", new StringValue { Value = "hello" }, Cancellation);
        var failure = await Assert.ThrowsAsync<InvocationException>(() => sidecar.Client.InvokeMethodGrpcAsync("app", "fail", new StringValue(), Cancellation));

        Assert.Equal("hello!", answer.Value);
        Assert.Equal(("app", "fail", Grpc.Core.StatusCode.NotFound), (failure.AppId, failure.MethodName, ((Grpc.Core.RpcException)failure.InnerException!).StatusCode));
    }
#pragma warning restore CS0618

    [Fact]
    public async Task A_generated_grpc_client_calls_through_the_sidecar()
    {
        var echo = new GrpcMethod<StringValue, StringValue>(MethodKind.Unary, "shop.Echo", "Say", StringValue.Parser, StringValue.Parser);
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Map(app => app.MapUnary(echo, (request, call) => ValueTask.FromResult(
            new StringValue { Value = $"{request.Value} {call.RequestHeaders.Get("dapr-app-id")} {call.RequestHeaders.Get("dapr-api-token")} {call.RequestHeaders.Get("own")}" }))));
        var invoker = DaprClient.CreateInvocationInvoker("orders", sidecar.GrpcAddress, "secret");
        var bytes = Marshallers.Create(message => message.ToByteArray(), StringValue.Parser.ParseFrom);
        var method = new Method<StringValue, StringValue>(MethodType.Unary, "shop.Echo", "Say", bytes, bytes);

        using var call = invoker.AsyncUnaryCall(
            method, host: null, new Grpc.Core.CallOptions(new Grpc.Core.Metadata { { "own", "header" } }, cancellationToken: Cancellation), new StringValue { Value = "hello" });

        Assert.Equal("hello orders secret header", (await call).Value);
    }

    [Fact]
    public async Task Health_is_what_the_sidecar_says_and_false_where_there_is_none()
    {
        await using var sidecar = await ClientSidecar.StartAsync(_ => { });
        using var nobody = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:1").UseGrpcEndpoint("http://127.0.0.1:1").Build();

        Assert.True(await sidecar.Client.CheckHealthAsync(Cancellation));
        await sidecar.Client.WaitForSidecarAsync(Cancellation);
        sidecar.Status = 500;
        Assert.False(await sidecar.Client.CheckHealthAsync(Cancellation));
        Assert.False(await sidecar.Client.CheckOutboundHealthAsync(Cancellation));
        Assert.False(await nobody.CheckHealthAsync(Cancellation));
    }

    [Fact]
    public async Task Metadata_is_read_and_set_and_the_sidecar_shut_down()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.GetMetadata, _ => new GetMetadataResponse
            {
                Id = "app", ExtendedMetadata = { ["a"] = "b" }, ActorRuntime = new ActorRuntime { ActiveActors = { new ActiveActorsCount { Type = "Stock", Count = 3 } } },
                RegisteredComponents = { new RegisteredComponents { Name = "store", Type = "state.sqlite", Version = "v1", Capabilities = { "ETAG" } } },
            });
            s.Answer(DaprMethods.SetMetadata, _ => new Empty());
            s.Answer(DaprMethods.Shutdown, _ => new Empty());
        });

        var metadata = await sidecar.Client.GetMetadataAsync(Cancellation);
        await sidecar.Client.SetMetadataAsync("c", "d", Cancellation);
        await sidecar.Client.ShutdownSidecarAsync(Cancellation);

        Assert.Equal(("app", "b", "Stock", 3), (metadata.Id, metadata.Extended["a"], metadata.Actors[0].Type, metadata.Actors[0].Count));
        Assert.Equal("store state.sqlite v1 ETAG", $"{metadata.Components[0].Name} {metadata.Components[0].Type} {metadata.Components[0].Version} {metadata.Components[0].Capabilities[0]}");
        Assert.Equal(("c", "d"), (sidecar.Single<SetMetadataRequest>().Key, sidecar.Single<SetMetadataRequest>().Value));
        sidecar.Single<ShutdownRequest>();
    }
}
