using Google.Protobuf;
using MiniGrpc;

namespace Dapr.Workflow.Client;

// The unary side of the task hub: a sidecar's channel, or a fake one in tests.
internal interface ITaskHub
{
    Task<TResponse> CallAsync<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>;
}
