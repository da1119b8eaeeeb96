using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace MiniGrpc.Server;

internal sealed class UnaryServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<TRequest, ServerCall, ValueTask<TResponse>> handler,
    GrpcServerOptions options, ILogger logger, ServerEnd end)
    : ServerMethod<TRequest, TResponse>(method, options, logger, end)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var request = await Requests(call).ReadSingleAsync().ConfigureAwait(false);
        var response = await handler(request, call).ConfigureAwait(false);
        using var responses = Responses(call);
        await responses.WriteSingleAsync(response).ConfigureAwait(false);
    }
}

internal sealed class ServerStreamingServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<TRequest, IGrpcWriter<TResponse>, ServerCall, Task> handler,
    GrpcServerOptions options, ILogger logger, ServerEnd end)
    : ServerMethod<TRequest, TResponse>(method, options, logger, end)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var request = await Requests(call).ReadSingleAsync().ConfigureAwait(false);
        using var responses = Responses(call);
        await handler(request, responses, call).ConfigureAwait(false);
    }
}

internal sealed class ClientStreamingServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<IGrpcReader<TRequest>, ServerCall, Task<TResponse>> handler,
    GrpcServerOptions options, ILogger logger, ServerEnd end)
    : ServerMethod<TRequest, TResponse>(method, options, logger, end)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var response = await handler(Requests(call), call).ConfigureAwait(false);
        using var responses = Responses(call);
        await responses.WriteSingleAsync(response).ConfigureAwait(false);
    }
}

internal sealed class DuplexServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, Func<IGrpcReader<TRequest>, IGrpcWriter<TResponse>, ServerCall, Task> handler,
    GrpcServerOptions options, ILogger logger, ServerEnd end)
    : ServerMethod<TRequest, TResponse>(method, options, logger, end)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(ServerCall call)
    {
        using var responses = Responses(call);
        await handler(Requests(call), responses, call).ConfigureAwait(false);
    }
}
