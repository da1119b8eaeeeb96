using Dapr.Workflow.Client;
using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using MiniGrpc;

namespace Dapr.Workflow.Worker;

// The sidecar's gRPC port, as the settings name it: DAPR_GRPC_ENDPOINT, else DAPR_GRPC_PORT here. Configuration comes before the environment.
internal sealed class SidecarHub : ITaskHub, IDisposable
{
    // Histories are longer than what a single call normally carries.
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private readonly GrpcChannel _channel;

    public SidecarHub(IConfiguration? configuration)
    {
        var endpoint = Setting(configuration, "DAPR_GRPC_ENDPOINT");
        var address = endpoint ?? $"http://127.0.0.1:{Setting(configuration, "DAPR_GRPC_PORT") ?? "50001"}";
        var headers = new Metadata();
        if (Setting(configuration, "DAPR_API_TOKEN") is { } token)
        {
            headers.Add("dapr-api-token", token);
        }

        _channel = new GrpcChannel(new Uri(address), new GrpcChannelOptions
        {
            Headers = headers,
            MaxReceiveMessageBytes = MaxMessageBytes,
            MaxSendMessageBytes = MaxMessageBytes,
        });
    }

    public GrpcChannel Channel => _channel;

    public Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        _channel.UnaryAsync(method, request, new CallOptions { Cancellation = cancellation });

    public void Dispose() => _channel.Dispose();

    private static string? Setting(IConfiguration? configuration, string name) =>
        configuration?[name] is { Length: > 0 } configured ? configured
        : Environment.GetEnvironmentVariable(name) is { Length: > 0 } inherited ? inherited
        : null;
}
