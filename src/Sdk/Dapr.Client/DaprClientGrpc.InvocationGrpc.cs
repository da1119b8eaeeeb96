using Dapr.Common;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    private const string GrpcContent = "application/grpc";

    [Obsolete(UseHttp)]
    public override Task InvokeMethodGrpcAsync(string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeAsync(appId, new InvokeRequest { Method = methodName }, cancellationToken);

    [Obsolete(UseHttp)]
    public override Task InvokeMethodGrpcAsync<TRequest>(string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeAsync(appId, new InvokeRequest { Method = methodName, ContentType = GrpcContent, Data = Any.Pack(data) }, cancellationToken);

    [Obsolete(UseHttp)]
    public override async Task<TResponse> InvokeMethodGrpcAsync<TResponse>(string appId, string methodName, CancellationToken cancellationToken = default) =>
        (await InvokeAsync(appId, new InvokeRequest { Method = methodName }, cancellationToken).ConfigureAwait(false)).Data.Unpack<TResponse>();

    [Obsolete(UseHttp)]
    public override async Task<TResponse> InvokeMethodGrpcAsync<TRequest, TResponse>(
        string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
    {
        var request = new InvokeRequest { Method = methodName, ContentType = GrpcContent, Data = Any.Pack(data) };
        return (await InvokeAsync(appId, request, cancellationToken).ConfigureAwait(false)).Data.Unpack<TResponse>();
    }

    private async Task<InvokeResponse> InvokeAsync(string appId, InvokeRequest message, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(appId);
        ArgumentException.ThrowIfNullOrEmpty(message.Method);
        try
        {
            var options = new CallOptions { Headers = headers, Timeout = timeout, Cancellation = cancellation };
            var request = new InvokeServiceRequest { Id = appId, Message = message };
            return await channel.UnaryAsync(DaprMethods.InvokeService, request, options).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw new InvocationException(appId, message.Method, GrpcEdge.ToCore(e));
        }
    }
}
