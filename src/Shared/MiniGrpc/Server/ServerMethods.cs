using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace MiniGrpc.Server;

internal sealed class UnaryServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<TRequest, ServerCall, ValueTask<TResponse>> handler,
    GrpcServerOptions options, ILogger logger)
    : ServerMethod<TRequest, TResponse>(method, options, logger)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var request = await Requests(call).ReadSingleAsync().ConfigureAwait(false);
        var response = await handler(request, call).ConfigureAwait(false);
        await Responses(call).WriteAsync(response, flush: false, CancellationToken.None).ConfigureAwait(false);
    }
}

internal sealed class ServerStreamingServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<TRequest, IGrpcWriter<TResponse>, ServerCall, Task> handler,
    GrpcServerOptions options, ILogger logger)
    : ServerMethod<TRequest, TResponse>(method, options, logger)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var request = await Requests(call).ReadSingleAsync().ConfigureAwait(false);
        await handler(request, Responses(call), call).ConfigureAwait(false);
    }
}

internal sealed class ClientStreamingServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<IGrpcReader<TRequest>, ServerCall, Task<TResponse>> handler,
    GrpcServerOptions options, ILogger logger)
    : ServerMethod<TRequest, TResponse>(method, options, logger)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var response = await handler(Requests(call), call).ConfigureAwait(false);
        await Responses(call).WriteAsync(response, flush: false, CancellationToken.None).ConfigureAwait(false);
    }
}

internal sealed class DuplexServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<IGrpcReader<TRequest>, IGrpcWriter<TResponse>, ServerCall, Task> handler,
    GrpcServerOptions options, ILogger logger)
    : ServerMethod<TRequest, TResponse>(method, options, logger)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override Task HandleAsync(ServerCall call) => handler(Requests(call), Responses(call), call);
}
