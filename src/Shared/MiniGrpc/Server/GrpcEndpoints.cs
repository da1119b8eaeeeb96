using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MiniGrpc.Server;

namespace MiniGrpc;

/// <summary>
/// Maps gRPC methods to handlers as ordinary endpoints. The listener must speak HTTP/2. A handler throws <see cref="RpcException"/> to
/// choose its status; any other exception is logged and becomes UNKNOWN with its message. <c>limits</c> of a method stand in place of the
/// server's options.
/// </summary>
public static class GrpcEndpoints
{
    public static IEndpointConventionBuilder MapUnary<TRequest, TResponse>(
        this IEndpointRouteBuilder endpoints,
        GrpcMethod<TRequest, TResponse> method,
        Func<TRequest, ServerCall, ValueTask<TResponse>> handler,
        GrpcServerOptions? limits = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var (options, logger, end) = Prepare(endpoints, method, MethodKind.Unary, limits);
        return Map(endpoints, method.Path, new UnaryServerMethod<TRequest, TResponse>(method, handler, options, logger, end).InvokeAsync);
    }

    public static IEndpointConventionBuilder MapServerStreaming<TRequest, TResponse>(
        this IEndpointRouteBuilder endpoints,
        GrpcMethod<TRequest, TResponse> method,
        Func<TRequest, IGrpcWriter<TResponse>, ServerCall, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var (options, logger, end) = Prepare(endpoints, method, MethodKind.ServerStreaming);
        return Map(
            endpoints, method.Path, new ServerStreamingServerMethod<TRequest, TResponse>(method, handler, options, logger, end).InvokeAsync);
    }

    public static IEndpointConventionBuilder MapClientStreaming<TRequest, TResponse>(
        this IEndpointRouteBuilder endpoints,
        GrpcMethod<TRequest, TResponse> method,
        Func<IGrpcReader<TRequest>, ServerCall, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var (options, logger, end) = Prepare(endpoints, method, MethodKind.ClientStreaming);
        return Map(
            endpoints, method.Path, new ClientStreamingServerMethod<TRequest, TResponse>(method, handler, options, logger, end).InvokeAsync);
    }

    public static IEndpointConventionBuilder MapDuplex<TRequest, TResponse>(
        this IEndpointRouteBuilder endpoints,
        GrpcMethod<TRequest, TResponse> method,
        Func<IGrpcReader<TRequest>, IGrpcWriter<TResponse>, ServerCall, Task> handler,
        GrpcServerOptions? limits = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var (options, logger, end) = Prepare(endpoints, method, MethodKind.Duplex, limits);
        return Map(endpoints, method.Path, new DuplexServerMethod<TRequest, TResponse>(method, handler, options, logger, end).InvokeAsync);
    }

    private static (GrpcServerOptions Options, ILogger Logger, ServerEnd End) Prepare<TRequest, TResponse>(
        IEndpointRouteBuilder endpoints, GrpcMethod<TRequest, TResponse> method, MethodKind kind, GrpcServerOptions? limits = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (method.Kind != kind)
        {
            throw new ArgumentException($"{method.Path} is {method.Kind}, not {kind}.", nameof(method));
        }

        var services = endpoints.ServiceProvider;
        var server = services.GetService<IOptions<GrpcServerOptions>>()?.Value ?? new();
        return (limits ?? server, services.GetRequiredService<ILoggerFactory>().CreateLogger("MiniGrpc"), new(server.Ending, server.Stopping));
    }

    // A RequestDelegate, not a Delegate: no parameter binding.
    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string path, RequestDelegate handler) =>
        endpoints.MapPost(path, handler).WithDisplayName($"gRPC {path}");
}
