using Google.Protobuf;

namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Invokes a method of a gRPC app's callback service.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task InvokeMethodGrpcAsync(string appId, string methodName, CancellationToken cancellationToken = default);

    /// <summary>Invokes a method of a gRPC app's callback service with a message.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task InvokeMethodGrpcAsync<TRequest>(string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
        where TRequest : IMessage;

    /// <summary>Invokes a method of a gRPC app's callback service and reads its answer.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task<TResponse> InvokeMethodGrpcAsync<TResponse>(string appId, string methodName, CancellationToken cancellationToken = default)
        where TResponse : IMessage, new();

    /// <summary>Invokes a method of a gRPC app's callback service with a message and reads its answer.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task<TResponse> InvokeMethodGrpcAsync<TRequest, TResponse>(
        string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
        where TRequest : IMessage
        where TResponse : IMessage, new();
}
