using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>Where actors over gRPC answer otherwise than over HTTP.</summary>
public sealed class ActorGrpcTests
{
    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    [Fact]
    public async Task A_wrong_operation_is_told_before_anything_of_the_actor()
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store);

        var error = await FailAsync(one, DaprMethods.ExecuteActorStateTransaction, new ExecuteActorStateTransactionRequest
        {
            ActorType = "Cart", ActorId = "asleep", Operations = { new TransactionalActorStateOperation { OperationType = "merge", Key = "k" } },
        });

        Assert.Equal((StatusCode.Unimplemented, "operation type merge not supported"), (error.StatusCode, error.Detail));
    }

    [Fact]
    public async Task Nobody_hosts_an_actor_without_an_id()
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store);

        var error = await FailAsync(one, DaprMethods.InvokeActor, new InvokeActorRequest { ActorType = "Cart", Method = "m" });

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
    }

    private static async Task<RpcException> FailAsync<TRequest, TResponse>(OneSidecar one, GrpcMethod<TRequest, TResponse> method, TRequest request)
        where TRequest : class, Google.Protobuf.IMessage<TRequest>
        where TResponse : class, Google.Protobuf.IMessage<TResponse>
    {
        using var channel = one.OpenGrpc();
        return await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(method, request, new CallOptions { Cancellation = TestContext.Current.CancellationToken }));
    }

    private static Task AnswerAsync(HttpContext context) =>
        context.Request.Path == "/dapr/config" ? context.Response.WriteAsync("""{"entities": ["Cart"]}""", context.RequestAborted) : Task.CompletedTask;
}
